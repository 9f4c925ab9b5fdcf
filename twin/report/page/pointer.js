// Pointer and keys on a diagram: hover tells, a click goes to a time, dragging pans, dragging with Shift selects.

import { html } from "./elements.js";
import { believedWords, stepAt } from "./beliefs.js";
import { seconds } from "./axis.js";
import { itemWords } from "./model.js";

const NEAR_PX = 14;
const CLICK_PX = 4;

export class Pointer {
  constructor(diagram) {
    this.diagram = diagram;
    this.state = diagram.state;
    this.tip = html("div", { class: "tip", hidden: true });
    diagram.host.append(this.tip);
    this.start = null;
    const { svg } = diagram;
    svg.addEventListener("pointerdown", (event) => this.#down(event));
    svg.addEventListener("pointermove", (event) => this.#move(event));
    svg.addEventListener("pointerup", (event) => this.#up(event));
    svg.addEventListener("pointercancel", () => { this.start = null; });
    svg.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    svg.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    svg.addEventListener("dblclick", (event) => this.state.zoom(event.shiftKey ? 2 : 0.5, this.#time(event)));
  }

  #at(event) {
    const box = this.diagram.svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #time(event) {
    return this.diagram.x.back(this.#at(event)[0]);
  }

  #down(event) {
    if (event.button !== 0 || event.target.closest(".mark")) return;
    this.start = { x: event.clientX, time: this.#time(event), from: this.state.from, to: this.state.to, moved: false };
    this.start.selecting = event.shiftKey;
    this.diagram.svg.setPointerCapture(event.pointerId);
  }

  #move(event) {
    if (this.start === null) {
      this.#tell(event);
      return;
    }
    const moved = event.clientX - this.start.x;
    if (Math.abs(moved) < CLICK_PX && !this.start.moved) return;
    this.start.moved = true;
    if (this.start.selecting) {
      const times = [this.start.time, this.#time(event)].sort((one, other) => one - other);
      this.state.select(times.map((t) => Math.min(this.state.end, Math.max(0, t))));
    } else {
      const seconds = -moved / this.diagram.x.factor;
      this.state.show(this.start.from + seconds, this.start.to + seconds);
    }
  }

  #up(event) {
    if (this.start !== null && !this.start.moved) {
      if (this.#at(event)[0] >= this.diagram.left) this.state.seek(this.#time(event));
    }
    this.start = null;
  }

  #wheel(event) {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.state.zoom(Math.exp(event.deltaY / 300), this.#time(event));
    } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      this.state.pan(event.deltaX / this.diagram.x.factor);
    }
  }

  #tell(event) {
    const { model } = this.diagram;
    const [x, y] = this.#at(event);
    const t = this.diagram.x.back(x);
    this.tip.hidden = x < this.diagram.left || y < this.diagram.top;
    if (this.tip.hidden) return;
    const lines = [seconds(t, 3)];
    let nearest = null;
    for (const item of model.onBelt(t)) {
      if (!this.state.shows(model, item)) continue;
      const away = Math.abs(this.diagram.y(model.place(item, t).at) - y);
      if (away < NEAR_PX && (nearest === null || away < nearest.away)) nearest = { item, away };
    }
    if (nearest !== null) {
      const { item } = nearest;
      const answer = item.answer === null ? "" : `; recognised as ${item.answer}, ${item.confidence.toFixed(2)}`;
      lines.push(`${itemWords(item.number, `${item.name}${answer}`)} at ${model.place(item, t).at.toFixed(3)} m`);
      const belief = model.beliefs.find((each) => each.item === item.number);
      if (belief !== undefined) lines.push(`believed: ${believedWords(belief, stepAt(belief, t))}`);
    }
    for (const event of model.events) {
      if (Math.abs(this.diagram.x(event.t) - x) < 3 && lines.length < 6) lines.push(`${event.subject} ${event.words}`);
    }
    this.tip.replaceChildren(...lines.map((line) => html("div", {}, line)));
    const wide = this.diagram.host.clientWidth;
    this.tip.style.left = `${Math.max(0, Math.min(x + 12, wide - this.tip.offsetWidth - 4))}px`;
    this.tip.style.top = `${y + 14}px`;
  }
}
