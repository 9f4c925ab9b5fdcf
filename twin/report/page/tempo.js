// How fast a live line goes on: pause, step, speed, and the keys for them; or why it can't be stopped.

import { html } from "./elements.js";

export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 50];

export class Tempo {
  #keys;

  // `ask` sends a request to the line; `tempo` is null in real time.
  constructor(host, ask, tempo) {
    this.ask = ask;
    this.tempo = tempo;
    const real = tempo === null;
    this.keys = real ? "" : "Space pauses, the right arrow goes to the next event.";
    this.play = html("button", { type: "button", class: "play", disabled: real, onclick: () => this.toggle() });
    this.next = html("button", {
      type: "button", disabled: real, title: "Next event (right arrow)", "aria-label": "Next event (right arrow)",
      onclick: () => this.ask({ type: "step" }),
    }, "▶|");
    this.speed = html("select", { "aria-label": "speed", disabled: real, onchange: () => this.ask({ type: "speed", speed: Number(this.speed.value) }) },
      ...SPEEDS.map((each) => html("option", { value: each, selected: each === 1 }, `${each} ×`)));
    const why = "In real time the line can't be paused, stepped or slowed: the controller goes by the wall clock and would not wait.";
    host.append(html("div", { class: "player", role: "toolbar", "aria-label": "Time" }, this.play, this.next, this.speed,
      real ? html("span", { class: "note why" }, why) : null));
    this.#keys = (event) => this.#key(event);
    document.addEventListener("keydown", this.#keys);
    this.show(tempo);
  }

  // The page is drawn anew.
  close() {
    document.removeEventListener("keydown", this.#keys);
  }

  show(tempo) {
    this.tempo = tempo;
    const paused = tempo !== null && tempo.paused;
    const words = paused ? "Go on (space)" : "Pause (space)";
    this.play.textContent = paused ? "▶" : "❚❚";
    this.play.setAttribute("aria-label", words);
    this.play.title = words;
    if (tempo !== null && document.activeElement !== this.speed) this.speed.value = tempo.speed;
  }

  toggle() {
    this.ask({ type: this.tempo.paused ? "go on" : "pause" });
  }

  #key(event) {
    if (this.tempo === null || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (event.key === "ArrowRight") this.ask({ type: "step" });
    else if (event.key === " " && !event.target.closest("button, summary, a, [role=button]")) this.toggle();
    else return;
    event.preventDefault();
  }
}
