// Play, pause, speed, steps, the typed time, zoom and filter; and the keys for them.

import { html } from "./elements.js";
import { seconds } from "./axis.js";
import { typedNumber } from "./typed_number.js";
import { SPEEDS } from "./tempo.js";

export const KEYS = "Left and right arrows step, plus and minus zoom.";

const SAME_S = 1e-6;

export class Controls {
  constructor(host, models, state) {
    this.models = models;
    this.state = state;
    host.append(this.#player(), this.#filter());
    state.on("time", () => this.#showTime());
    state.on("playing", () => this.#showPlaying());
    state.on("filter", () => this.#showSelection());
    document.addEventListener("keydown", (event) => this.#key(event));
    this.#showTime();
    this.#showPlaying();
    this.#showSelection();
  }

  #player() {
    const { state } = this;
    this.playButton = html("button", { type: "button", class: "play", onclick: () => state.play(!state.playing) });
    this.slider = html("input", {
      type: "range", min: 0, max: state.end, step: "any", "aria-label": "time in s", class: "slider",
      oninput: () => state.seek(Number(this.slider.value)),
    });
    this.typed = html("input", {
      type: "text", inputmode: "decimal", size: 7, "aria-label": "time in s, typed", class: "typed",
      onchange: () => this.#typed(), onkeydown: (event) => { if (event.key === "Enter") this.#typed(); },
    });
    const speed = html("select", { "aria-label": "speed", onchange: (event) => { state.speed = Number(event.target.value); } },
      ...SPEEDS.map((each) => html("option", { value: each, selected: each === 1 }, `${each} ×`)));
    const button = (words, name, act) => html("button", { type: "button", title: name, "aria-label": name, onclick: act }, words);
    return html("div", { class: "player", role: "toolbar", "aria-label": "Time" },
      button("|◀", "Previous event (left arrow)", () => this.step(-1)), this.playButton,
      button("▶|", "Next event (right arrow)", () => this.step(1)),
      html("label", { class: "time" }, this.typed, html("span", {}, ` of ${seconds(state.end)}`)), speed, this.slider,
      html("span", { class: "zoom" }, button("−", "Zoom out (minus)", () => state.zoom(2)),
        button("+", "Zoom in (plus)", () => state.zoom(0.5)),
        button("all", "Show all (0)", () => state.show(0, state.end))));
  }

  #filter() {
    const { state } = this;
    const names = [...new Set(this.models.flatMap((model) => model.classes))];
    const item = html("input", {
      type: "text", inputmode: "numeric", size: 5, placeholder: "all", "aria-label": "only item number", class: "item-filter",
      oninput: () => state.choose({ item: /^-?\d+$/.test(item.value.trim()) ? Number(item.value) : null }),
    });
    const name = html("select", { "aria-label": "only class", class: "class-filter", onchange: () => state.choose({ name: name.value }) },
      html("option", { value: "" }, "all classes"), ...names.map((each) => html("option", { value: each }, each)));
    const marked = html("input", { type: "checkbox", onchange: () => state.choose({ marked: marked.checked }) });
    this.selection = html("button", { type: "button", class: "clear", onclick: () => state.select(null) });
    this.selectWindow = html("button", { type: "button", class: "clear", onclick: () => state.select([state.from, state.to]) },
      "list this window only");
    return html("div", { class: "filter", role: "group", "aria-label": "Filter" },
      html("label", {}, "item ", item), name, html("label", {}, marked, " only with marks"), this.selectWindow, this.selection);
  }

  #typed() {
    const t = typedNumber(this.typed.value.replace(/\s*s\s*$/, ""));
    const good = !Number.isNaN(t);
    this.typed.setAttribute("aria-invalid", !good);
    if (good) this.state.seek(t);
    if (good) this.#showTime(true);
  }

  // Goes to the next (1) or the previous (-1) time at which something happens that is listed.
  step(direction) {
    const { state } = this;
    state.play(false);
    let best = null;
    for (const model of this.models) {
      for (const event of [...model.events, ...model.marks]) {
        const ahead = (event.t - state.time) * direction;
        if (ahead > SAME_S && (best === null || ahead < best) && state.lists(model, event)) best = ahead;
      }
    }
    if (best !== null) state.seek(state.time + best * direction);
  }

  #showTime(always = false) {
    this.slider.value = this.state.time;
    this.slider.setAttribute("aria-valuetext", seconds(this.state.time));
    if (always || document.activeElement !== this.typed || this.state.playing) this.typed.value = this.state.time.toFixed(2);
  }

  #showPlaying() {
    const { playing } = this.state;
    this.playButton.textContent = playing ? "❚❚" : "▶";
    this.playButton.setAttribute("aria-label", playing ? "Pause (space)" : "Play (space)");
    this.playButton.title = playing ? "Pause (space)" : "Play (space)";
  }

  #showSelection() {
    const { selection } = this.state;
    this.selection.hidden = selection === null;
    this.selectWindow.hidden = selection !== null;
    if (selection !== null) this.selection.textContent = `${seconds(selection[0])} to ${seconds(selection[1])} ✕`;
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const { state } = this;
    const act = {
      ArrowLeft: () => this.step(-1), ArrowRight: () => this.step(1), "+": () => state.zoom(0.5), "-": () => state.zoom(2),
      0: () => state.show(0, state.end), Escape: () => state.select(null),
    }[event.key];
    const space = event.key === " " && !event.target.closest("button, summary, a, [role=button]");
    if (act === undefined && !space) return;
    event.preventDefault();
    if (space) state.play(!state.playing);
    else act();
  }
}
