// The line from above, as it stands at a time: belt, items, beams, rods, bins with counts.

import { html, svg, text } from "./elements.js";
import { scale, seconds } from "./axis.js";
import { itemWords } from "./model.js";

const BELT_TOP = 58;
const BELT_HIGH = 34;
const BIN_TOP = BELT_TOP + BELT_HIGH + 22;
const BIN_HIGH = 40;
const HIGH = BIN_TOP + BIN_HIGH + 4;
const FLASH_S = 0.25;

export class LineView {
  // `choose`, if there is one, is told which part was clicked.
  constructor(host, model, state, choose = null) {
    this.choose = choose;
    this.model = model;
    this.state = state;
    this.caption = html("p", { class: "caption" });
    this.svg = svg("svg", { class: "line", role: choose === null ? "img" : "group", height: HIGH });
    host.append(this.svg, this.caption);
    this.moving = null;
    new ResizeObserver(() => this.#fit()).observe(host);
    state.on("time filter", () => this.draw());
    this.build();
  }

  // A caption of one more row changes nothing, and what has the focus keeps it.
  #fit() {
    if (this.#width() !== this.wide) this.build();
  }

  #width() {
    return Math.max(280, this.svg.parentElement.clientWidth);
  }

  build() {
    const { layout } = this.model;
    const wide = this.#width();
    this.wide = wide;
    const edge = wide < 600 ? 26 : 56;
    this.x = scale(0, layout.end_m, edge, wide - edge);
    this.svg.setAttribute("viewBox", `0 0 ${wide} ${HIGH}`);
    this.svg.setAttribute("width", wide);
    this.svg.replaceChildren();
    const tight = this.x.factor * (layout.end_m / (layout.gates_m.length + 1)) < 62;
    this.#buildBelt(wide, edge);
    this.#buildStations(layout, tight);
    this.#buildBins(layout, wide);
    this.items = svg("g", {});
    this.svg.append(this.items);
    this.rodParts = this.model.rods.map((rod) => this.#rod(rod));
    if (this.choose !== null) this.#buildTargets();
    this.draw();
  }

  // A place to click, and a stop for the Tab key, for each part.
  #buildTargets() {
    const { layout } = this.model;
    const target = (part, number, x, y, width, height) => {
      const act = (event) => {
        const item = part === "belt" && event.detail > 0 ? this.#itemAt(event) : undefined;
        if (item === undefined) this.choose(part, number);
        else this.choose("item", item.number);
      };
      const name = number ? `${part} ${number}` : part;
      this.svg.append(svg("rect", {
        class: "target", x: x - width / 2, y, width, height, rx: 4, tabindex: 0, role: "button", "aria-label": `Break ${name}`,
        "data-part": name, onclick: act, onkeydown: (event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          event.stopPropagation();
          act(event);
        },
      }, svg("title", {}, `Break ${name}`)));
    };
    const middle = (this.left + this.right) / 2;
    target("belt", 0, middle, BELT_TOP, this.right - this.left, BELT_HIGH);
    target("camera", 0, this.x(layout.camera_m), 2, 24, 28);
    layout.gates_m.forEach((at, index) => target("gate", index + 1, this.x(at) - 2, 2, 24, BELT_TOP - 4));
    for (const rod of this.model.rods) {
      if (rod.number === 1) target("loader", 0, this.x(0), 30, 36, 26);
      else target("rod", rod.number, this.x(rod.at_m) + 6, 32, 26, 24);
    }
  }

  // The item under the pointer. Items move on between press and release, so they are no targets themselves.
  #itemAt(event) {
    const at = this.x.back(event.clientX - this.svg.getBoundingClientRect().left);
    const t = this.state.time;
    return this.model.onBelt(t).find((item) => item.number > 0
      && Math.abs(this.model.place(item, t).at - at) <= Math.max(item.length / 2, 6 / this.x.factor));
  }

  #buildBelt(wide, edge) {
    const { layout } = this.model;
    const left = edge - 18;
    const width = this.x(layout.end_m) - left;
    this.beltMarks = svg("g", { class: "belt-marks" });
    this.svg.append(svg("rect", { class: "belt", x: left, y: BELT_TOP, width, height: BELT_HIGH, rx: 6 }));
    this.svg.append(this.beltMarks);
    this.left = left;
    this.right = left + width;
  }

  #buildStations(layout, tight) {
    const camera = this.x(layout.camera_m);
    this.flash = svg("path", {
      class: "flash", d: `M${camera} 24L${camera - 16} ${BELT_TOP + BELT_HIGH}H${camera + 16}Z`,
    });
    this.svg.append(
      this.flash,
      svg("rect", { class: "camera", x: camera - 8, y: 16, width: 16, height: 11, rx: 2 }),
      svg("circle", { class: "camera-eye", cx: camera, cy: 21.5, r: 3 }),
      this.x(layout.gates_m[0]) - camera < 46 ? "" : text(camera, 11, "camera", { class: "label", "text-anchor": "middle" }),
    );
    this.beams = this.model.gates.map((gate, index) => {
      const x = this.x(gate.at_m);
      const beam = svg("line", { class: "beam", x1: x, x2: x, y1: 30, y2: BELT_TOP + BELT_HIGH + 6 });
      const lamp = svg("circle", { class: "lamp", cx: x, cy: 24, r: 5 });
      this.svg.append(beam, lamp, text(x, 13, tight ? index + 1 : `gate ${index + 1}`, {
        class: "label", "text-anchor": "middle",
      }));
      return { beam, lamp };
    });
  }

  #buildBins(layout, wide) {
    const places = [["stack", 0], ...this.model.rods.slice(1).map((rod) => [String(rod.number), rod.at_m])];
    places.push(["reject", layout.end_m]);
    const gaps = places.slice(1).map(([, at], index) => this.x(at) - this.x(places[index][1]));
    // The outermost boxes are moved inwards, so that they stay within the drawing.
    let width = Math.min(92, ...gaps.map((gap) => gap - 6));
    const overhang = Math.max(0, width / 2 + 2 - this.x(0));
    width = Math.max(12, width - overhang);
    this.counts = {};
    for (const [name, at] of places) {
      const x = Math.min(Math.max(this.x(at), width / 2 + 2), wide - width / 2 - 2);
      const words = name === "reject" || name === "stack" ? name : (this.model.bins[name] || []).join(" ") || `bin ${name}`;
      const label = words.length * 6.6 > width ? name.slice(0, Math.floor(width / 7)) : words;
      this.svg.append(
        svg("rect", { class: name === "stack" ? "bin stack" : "bin", x: x - width / 2, y: BIN_TOP, width, height: BIN_HIGH, rx: 4 },
          svg("title", {}, name === "stack" ? "items in the stack" : name === "reject" ? "reject bin" : `bin ${name}: ${words}`)),
        text(x, BIN_TOP + 15, label, { class: "label", "text-anchor": "middle" }),
      );
      this.counts[name] = text(x, BIN_TOP + 33, "0", { class: "count", "text-anchor": "middle" });
      this.svg.append(this.counts[name]);
    }
  }

  #rod(rod) {
    const head = Math.max(6, this.x.factor * this.model.layout.rod_head_m);
    const x = this.x(rod.at_m);
    const shaft = svg("line", { class: "shaft", x1: x, x2: x, y1: 36, y2: 44 });
    const block = svg("rect", { class: "head", x: x - head / 2, width: head, height: 8, rx: 2 });
    this.svg.append(shaft, block);
    return { rod, shaft, block };
  }

  draw() {
    const t = this.state.time;
    const { model } = this;
    this.#drawBeltMarks(t);
    model.gates.forEach((gate, index) => {
      const blocked = model.blocked(gate.beam, t);
      const reported = model.blocked(gate.reported, t);
      this.beams[index].beam.classList.toggle("blocked", blocked);
      this.beams[index].lamp.classList.toggle("blocked", reported);
      this.beams[index].lamp.classList.toggle("false", reported !== blocked);
    });
    for (const { rod, shaft, block } of this.rodParts) {
      const y = 46 + model.share(rod, t) * (BELT_HIGH + 2);
      block.setAttribute("y", y);
      shaft.setAttribute("y2", y);
    }
    const counts = model.counts(t);
    counts.stack = Math.max(0, model.stack - model.loaded(t));
    for (const [name, label] of Object.entries(this.counts)) label.textContent = counts[name] || 0;
    const camera = model.items.some((item) => this.#underCamera(item, t));
    this.flash.classList.toggle("on", camera);
    const items = model.onBelt(t);
    this.items.replaceChildren(...items.map((item) => this.#item(item, t)));
    this.#describe(t, items);
  }

  #underCamera(item, t) {
    const place = item.from <= t && t < item.until ? this.model.place(item, t) : null;
    return place !== null && Math.abs(place.at - this.model.layout.camera_m) < FLASH_S * 0.1;
  }

  #drawBeltMarks(t) {
    const step = Math.max(24, this.x.factor * 0.1);
    const shift = (this.model.displacement(t) * this.x.factor) % step;
    let d = "";
    for (let x = this.left + shift; x < this.right - 6; x += step) {
      if (x > this.left + 4) d += `M${x.toFixed(1)} ${BELT_TOP + 4}v${BELT_HIGH - 8}`;
    }
    this.beltMarks.replaceChildren(svg("path", { d, class: "belt-mark" }));
  }

  #item(item, t) {
    const place = this.model.place(item, t);
    const length = Math.max(5, item.length * this.x.factor);
    let y = BELT_TOP + 6;
    if (place.how === "carried") {
      const rod = this.model.rods.find((each) => each.number === place.number);
      y = Math.max(y, 54 + this.model.share(rod, t) * (BELT_HIGH + 2));
    }
    const x = this.x(place.at);
    const faint = !this.state.shows(this.model, item);
    const words = `${itemWords(item.number, item.name)} at ${place.at.toFixed(3)} m`;
    // The picture fills the item's height; the number stands beside it, if there is room.
    const high = BELT_HIGH - 12;
    const picture = length >= high ? this.model.thumbnails[item.picture] : undefined;
    const beside = length >= high + 12;
    const number = picture === undefined ? length > 12 : beside;
    return svg("g", { class: `item ${classOf(item.name)}${faint ? " faint" : ""}`, "data-item": item.number },
      svg("rect", { x: x - length / 2, y, width: length, height: high, rx: 5 }, svg("title", {}, words)),
      picture === undefined ? null : svg("image", {
        href: picture, x: x - (beside ? length : high) / 2, y: y + 1, width: high, height: high - 2,
      }),
      number ? text(x + (picture === undefined ? 0 : high / 2), y + 15, item.number > 0 ? item.number : "?", {
        "text-anchor": "middle",
      }) : null);
  }

  #describe(t, items) {
    const places = items.slice(0, 6).map((item) => {
      const place = this.model.place(item, t);
      const held = place.how === "held" ? ", held" : place.how === "carried" ? `, rod ${place.number} takes it` : "";
      return `${itemWords(item.number, item.name)} at ${place.at.toFixed(2)} m${held}`;
    });
    if (items.length > 6) places.push(`${items.length - 6} more`);
    const speed = this.model.speed(t);
    const belt = speed > 1e-9 ? `the belt moves at ${speed.toFixed(2)} m/s` : "the belt stands still";
    const words = `${seconds(t)}: ${belt}; ${places.length ? places.join("; ") : "no item on it"}.`;
    this.caption.textContent = words;
    this.svg.setAttribute("aria-label", `The line from above at ${words}`);
  }
}

// The CSS class of an item's class; the names of classes come from outside.
export function classOf(name) {
  return ["ripe", "half_ripe", "raw", "foreign"].includes(name) ? `of-${name}` : "of-other";
}
