// Time and place: one line an item; gates and rods as levels; beams, rods, faults as areas; violations as marks.

import { html, svg, text } from "./elements.js";
import { scale, seconds, ticks } from "./axis.js";
import { Model } from "./model.js";
import { classOf } from "./line_view.js";
import { Lanes } from "./lanes.js";
import { Pointer } from "./pointer.js";
import { Marks } from "./marks.js";

const MOST_WAYS = 500;
const AXIS_HIGH = 22;
const LEAST_LABEL_GAP = 11;

export class Diagram {
  // `keys` says which keys work, `difference` is where two runs first differ.
  constructor(host, model, state, { keys, difference = null }) {
    this.model = model;
    this.state = state;
    this.keys = keys;
    this.difference = difference;
    this.host = html("div", { class: "diagram" });
    this.svg = svg("svg", { tabindex: 0, role: "group", "aria-roledescription": "time-space diagram" });
    this.note = html("p", { class: "note" });
    this.ground = svg("g", {});
    this.marks = new Marks(model, state);
    this.svg.append(this.ground, this.marks.group);
    this.host.append(this.svg);
    host.append(this.host, this.note);
    this.lanes = new Lanes(model, state);
    this.pointer = new Pointer(this);
    new ResizeObserver(() => this.draw()).observe(this.host);
    state.on("window filter", () => this.later());
    state.on("time", () => this.moveCursor());
    this.draw();
  }

  // Draws once a frame, however often the window changes.
  later() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.draw();
    });
  }

  draw() {
    const { model, state } = this;
    const wide = Math.max(280, this.host.clientWidth);
    const narrow = wide < 600;
    this.left = narrow ? 52 : 66;
    this.x = scale(state.from, state.to, this.left, wide - 10);
    this.ground.replaceChildren();
    const top = this.marks.draw(this.x, wide, 4) + 6;
    const bottom = top + (narrow ? 300 : 360);
    this.top = top;
    this.y = scale(0, model.layout.end_m, bottom - 10, top + 8);
    const laneTop = bottom + AXIS_HIGH;
    const lanes = svg("g", {});
    const high = this.lanes.draw(lanes, this.x, laneTop, this.left, wide) + 4;
    this.bottom = high;
    this.svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    this.svg.setAttribute("width", wide);
    this.svg.setAttribute("height", high);
    const clip = svg("clipPath", { id: this.clipId() },
      svg("rect", { x: this.left, y: 0, width: wide - 10 - this.left, height: high }));
    const plot = svg("g", { "clip-path": `url(#${clip.id})` });
    this.ground.append(svg("defs", {}, clip, hatch()), plot, lanes);
    plot.append(svg("rect", { class: "plot", x: this.left, y: top, width: wide - 10 - this.left, height: bottom - top }));
    this.#drawFaults(plot, top, bottom);
    this.#drawLevels(plot, wide);
    this.#drawRods(plot);
    this.#drawWays(plot);
    this.#drawBeams(plot);
    this.#drawPoints(plot);
    this.#drawAxis(bottom, wide, narrow);
    this.#drawOverlays(plot, top, high);
    this.svg.setAttribute("aria-label",
      `Position over time from ${seconds(state.from)} to ${seconds(state.to)}, ${this.drawn} items, ` +
      `${model.marks.length} marks. ${this.keys}`.trim());
  }

  clipId() {
    Diagram.count = (Diagram.count || 0) + (this.id ? 0 : 1);
    this.id = this.id || `plot-${Diagram.count}`;
    return this.id;
  }

  #drawLevels(plot, wide) {
    const { layout } = this.model;
    const levels = [[0, "loader", 1], [layout.camera_m, "camera", 2], [layout.end_m, "end", 1]];
    layout.gates_m.forEach((at, index) => levels.push([at, `gate ${index + 1}`, 0]));
    layout.rods_m.forEach((at, index) => levels.push([at, `rod ${index + 2}`, 3]));
    const labelled = [];
    for (const [at, words, rank] of levels.sort((one, other) => one[2] - other[2])) {
      const y = this.y(at);
      if (rank !== 3) plot.append(svg("line", { class: "level", x1: this.left, x2: wide, y1: y, y2: y }));
      if (labelled.some((other) => Math.abs(other - y) < LEAST_LABEL_GAP)) continue;
      labelled.push(y);
      this.ground.append(text(this.left - 6, y + 4, words, { class: "label", "text-anchor": "end" }));
    }
  }

  #drawRods(plot) {
    const half = this.model.layout.rod_head_m / 2;
    for (const rod of this.model.rods) {
      const from = rod.number === 1 ? -half / 2 : rod.at_m - half;
      const top = this.y(rod.at_m + (rod.number === 1 ? half / 2 : half));
      const height = this.y(from) - top;
      const level = rod.number === 1 ? null : svg("rect", { class: "reach", x: this.left, y: top, width: "100%", height });
      const d = boxes(rodTimes(rod, this.state.from, this.state.to), this.x, top, height);
      plot.append(...[level, svg("path", { class: "rod-out", d }, svg("title", {}, `rod ${rod.number} is out`))]
        .filter((each) => each !== null));
    }
  }

  #drawBeams(plot) {
    const from = this.state.from;
    const to = Math.min(this.state.to, this.model.end);
    this.model.gates.forEach((gate, index) => {
      const y = this.y(gate.at_m);
      const beam = boxes(Model.intervals(gate.beam, from, to), this.x, y - 2.5, 5);
      const reported = boxes(Model.intervals(gate.reported, from, to), this.x, y - 6.5, 3);
      plot.append(
        svg("path", { class: "beam-blocked", d: beam }, svg("title", {}, `gate ${index + 1}: beam blocked`)),
        svg("path", { class: "beam-reported", d: reported }, svg("title", {}, `gate ${index + 1}: says blocked`)),
      );
    });
  }

  #drawFaults(plot, top, bottom) {
    const { model } = this;
    for (const fault of model.faultsWithin(this.state.from, this.state.to)) {
      let [low, high] = [top, bottom];
      if (fault.part === "gate") {
        const y = this.y(model.layout.gates_m[fault.number - 1]);
        [low, high] = [y - 11, y + 8];
      } else if (fault.part === "rod" || fault.part === "camera" || fault.part === "loader") {
        const at = fault.part === "camera" ? model.layout.camera_m
          : fault.part === "loader" ? 0 : model.rods.find((rod) => rod.number === fault.number).at_m;
        [low, high] = [this.y(at) - 13, this.y(at) + 13];
      } else if (!["belt", "item"].includes(fault.part)) continue;
      const x = Math.max(this.left, this.x(fault.from));
      const width = Math.max(3, this.x(fault.until) - x);
      const where = fault.number ? `${fault.part} ${fault.number}, ` : "";
      plot.append(svg("rect", { class: "fault", x, y: low, width, height: high - low, fill: "url(#hatch)" },
        svg("title", {}, `${fault.name} (${where}${fault.settings}), ${seconds(fault.from)} to ${seconds(fault.until)}`)));
    }
  }

  #drawWays(plot) {
    const { model, state } = this;
    const present = model.items.filter((item) => item.until >= state.from && item.from <= state.to);
    const wanted = present.filter((item) => state.shows(model, item));
    const step = Math.max(1, Math.ceil(wanted.length / MOST_WAYS));
    const marked = new Set(model.marks.map((mark) => mark.item));
    const chosen = wanted.filter((item, index) => index % step === 0 || marked.has(item.number)).slice(0, 2 * MOST_WAYS);
    this.drawn = chosen.length;
    const group = svg("g", { class: "trajectories" });
    this.lastName = -Infinity;
    for (const item of chosen) group.append(this.#trajectory(item));
    plot.append(group);
    const left = wanted.length - chosen.length;
    const words = left > 0 ? [`${chosen.length} of the ${wanted.length} items in this window are drawn; zoom in.`] : [];
    this.note.textContent = [...words, ...model.leftOut].join(" ");
  }

  #trajectory(item) {
    const { from, to } = this.state;
    const half = item.length / 2;
    const group = svg("g", { class: `trajectory ${classOf(item.name)}`, "data-item": item.number });
    for (const trajectory of this.model.trajectories(item, from, to)) {
      const line = trajectory.map(([t, at]) => `${this.x(t).toFixed(1)} ${this.y(at).toFixed(1)}`).join("L");
      if (this.x.factor > 4) {
        const nose = trajectory.map(([t, at]) => `${this.x(t).toFixed(1)} ${this.y(at + half).toFixed(1)}`);
        const tail = trajectory.map(([t, at]) => `${this.x(t).toFixed(1)} ${this.y(at - half).toFixed(1)}`).reverse();
        group.append(svg("path", { class: "extent", d: `M${[...nose, ...tail].join("L")}Z` }));
      }
      group.append(svg("path", { class: "centre", d: `M${line}` }));
    }
    const start = Math.max(item.from, from);
    const place = this.model.place(item, start);
    if (place !== null && this.x(start) > this.lastName + 16) {
      this.lastName = this.x(start);
      group.append(text(this.x(start) - 3, this.y(place.at) - 9, item.number > 0 ? item.number : "object", { class: "name", "text-anchor": "end" }));
    }
    return group;
  }

  #drawPoints(plot) {
    for (const mark of this.model.marks) {
      const at = this.model.markPlace(mark);
      if (at === null || mark.t < this.state.from || mark.t > this.state.to || !this.state.lists(this.model, mark)) continue;
      plot.append(svg("circle", {
        class: mark.excuse ? "point excused" : "point", cx: this.x(mark.t), cy: this.y(at), r: 6,
      }));
    }
  }

  #drawAxis(bottom, wide, narrow) {
    const { values, digits } = ticks(this.state.from, this.state.to, narrow ? 5 : 10);
    for (const t of values) {
      const x = this.x(t);
      this.ground.append(
        svg("line", { class: "tick", x1: x, x2: x, y1: bottom, y2: bottom + 5 }),
        text(x, bottom + 17, t.toFixed(digits), { class: "label", "text-anchor": "middle" }),
      );
    }
    this.ground.append(text(4, bottom + 17, "time, s", { class: "label" }));
  }

  #drawOverlays(plot, top, high) {
    const { selection } = this.state;
    if (selection !== null) {
      const [from, to] = selection.map(this.x);
      plot.append(svg("rect", { class: "selection", x: from, y: top, width: Math.max(1, to - from), height: high - top }));
    }
    if (this.difference !== null) {
      const x = this.x(this.difference.t_s);
      plot.append(svg("line", { class: "difference", x1: x, x2: x, y1: top, y2: high }),
        text(x + 4, high - 6, "first difference", { class: "label" }));
    }
    this.cursor = svg("line", { class: "cursor", y1: top, y2: high });
    plot.append(this.cursor);
    this.moveCursor();
  }

  moveCursor() {
    if (!this.cursor) return;
    const x = this.x(this.state.time).toFixed(1);
    this.cursor.setAttribute("x1", x);
    this.cursor.setAttribute("x2", x);
  }
}

function hatch() {
  return svg("pattern", { id: "hatch", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    svg("rect", { class: "hatch-ground", width: 7, height: 7 }), svg("rect", { class: "hatch-line", width: 2.5, height: 7 }));
}

// The times in which a rod is not in.
function rodTimes(rod, from, to) {
  const times = [];
  let since = null;
  for (let index = 0; index < rod.reaches.length; index++) {
    const [t, share] = rod.reaches[index];
    const next = rod.reaches[index + 1];
    const out = share > 0 || (next !== undefined && next[1] > 0);
    if (out && since === null) since = t;
    if (!out && since !== null) {
      if (t >= from && since <= to) times.push([since, t]);
      since = null;
    }
  }
  if (since !== null && since <= to) times.push([since, rod.reaches[rod.reaches.length - 1][0]]);
  return times;
}

// One path of boxes for intervals of time; those that lie closer than a pixel are joined.
function boxes(intervals, x, top, height) {
  let d = "";
  let open = null;
  const close = () => {
    if (open !== null) d += `M${open[0].toFixed(1)} ${top.toFixed(1)}h${Math.max(1, open[1] - open[0]).toFixed(1)}v${height}H${open[0].toFixed(1)}Z`;
  };
  for (const [from, to] of intervals) {
    const [start, stop] = [x(from), x(to)];
    if (open !== null && start - open[1] < 1) open[1] = Math.max(open[1], stop);
    else {
      close();
      open = [start, stop];
    }
  }
  close();
  return d;
}
