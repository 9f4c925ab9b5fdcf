// Lanes below the diagram, on the same axis: messages on aa and bb, the recognizer, beliefs, faults of what has no place.

import { svg, text } from "./elements.js";
import { seconds } from "./axis.js";
import { drawBeliefs } from "./beliefs.js";
import { lastBefore } from "./model.js";

const HIGH = 30;
const CHARACTER = 5.6;
const MOST_TICKS = 3000;
const LANES = [["commands", "aa", "commands to the plant"], ["feedback", "bb", "messages to the controller"],
  ["recognizer", "recognizer", "answers"]];
const PLACELESS = new Set(["link", "recognizer", "controller"]);

export class Lanes {
  constructor(model, state) {
    this.model = model;
    this.state = state;
    this.events = new Map();
    this.counted = -1;
  }

  draw(group, x, top, left, wide) {
    this.#sortEvents();
    let y = top;
    for (const [lane, name, words] of LANES) {
      group.append(svg("line", { class: "lane", x1: left, x2: wide - 10, y1: y + HIGH - 4, y2: y + HIGH - 4 }),
        text(left - 6, y + HIGH - 8, name === "recognizer" && left < 60 ? "answers" : name,
          { class: "label", "text-anchor": "end" }, ));
      const area = svg("g", { class: `lane-${lane}`, "aria-label": words });
      this.#drawLane(area, this.events.get(lane), x, y, wide);
      group.append(area);
      y += HIGH;
    }
    y = drawBeliefs(group, this.model, this.state, x, y, left, wide);
    const placeless = this.model.faultsWithin(this.state.from, this.state.to).filter((fault) => PLACELESS.has(fault.part));
    for (const fault of placeless) y = this.#drawFault(group, fault, x, y, left, wide);
    return y;
  }

  // A live run's events grow.
  #sortEvents() {
    if (this.counted === this.model.events.length) return;
    this.counted = this.model.events.length;
    for (const [lane] of LANES) this.events.set(lane, this.model.events.filter((event) => event.lane === lane));
  }

  #drawLane(area, events, x, y, wide) {
    const { from, to } = this.state;
    let d = "";
    let last = -Infinity;
    let labelEnd = -Infinity;
    let count = 0;
    for (let index = lastBefore(events, from - 1e-9, (event) => event.t) + 1; index < events.length; index++) {
      const event = events[index];
      if (event.t > to || count > MOST_TICKS) break;
      if (!this.state.lists(this.model, event) && event.item) continue;
      const at = x(event.t);
      if (at - last >= 0.7) {
        d += `M${at.toFixed(1)} ${y + HIGH - 13}v9`;
        count += 1;
        last = at;
      }
      const width = event.short.length * CHARACTER;
      if (at > labelEnd + 5 && at + width < wide - 6) {
        const next = events[index + 1];
        if (next === undefined || x(next.t) - at > width + 4 || x.factor > 60) {
          area.append(text(at - 1, y + HIGH - 15, event.short, { class: "small" }));
          labelEnd = at + width;
        }
      }
    }
    area.append(svg("path", { class: "message", d }));
  }

  #drawFault(group, fault, x, y, left, wide) {
    const start = Math.max(left, x(fault.from));
    const width = Math.max(3, Math.min(wide - 10, x(fault.until)) - start);
    const words = `${fault.name}${fault.settings ? ` (${fault.settings})` : ""}`;
    const room = Math.floor((wide - 14 - start) / 6);
    group.append(
      svg("rect", { class: "fault", x: start, y: y + 4, width, height: 16, fill: "url(#hatch)" },
        svg("title", {}, `${words}, ${seconds(fault.from)} to ${seconds(fault.until)}`)),
      text(left - 6, y + 16, "fault", { class: "label", "text-anchor": "end" }),
      text(Math.min(start + 4, wide - 14 - Math.min(words.length, room) * 6), y + 16, words.slice(0, Math.max(12, room)),
        { class: "small on-fault" }),
    );
    return y + 24;
  }
}
