// What happened, in words: the events around the time, or those of the selection.

import { html } from "./elements.js";
import { lastBefore } from "./model.js";

const SHOWN = 60;
const SAME_S = 1e-6;

export class EventList {
  constructor(host, model, state) {
    this.model = model;
    this.state = state;
    this.body = html("tbody", {});
    this.count = html("p", { class: "note" });
    host.append(html("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Events" },
      html("table", {}, html("thead", {}, html("tr", {}, ...["time, s", "who", "what"].map((head) => html("th", { scope: "col" }, head)))),
        this.body)), this.count);
    state.on("filter", () => this.filter());
    state.on("time", () => this.draw());
    this.filter();
  }

  filter() {
    this.events = this.model.events.filter((event) => this.state.lists(this.model, event));
    this.stale = true;
    this.draw();
  }

  draw() {
    const now = lastBefore(this.events, this.state.time + SAME_S, (event) => event.t);
    const first = Math.max(0, Math.min(this.events.length - SHOWN, now - SHOWN / 2));
    const moved = now !== this.now || first !== this.first;
    if (this.stale || first !== this.first) {
      this.body.replaceChildren(...this.events.slice(first, first + SHOWN).map((event) => this.#row(event)));
      this.count.textContent = `${this.events.length} events${this.events.length > SHOWN ? `, ${SHOWN} around this time shown` : ""}.`;
    }
    Object.assign(this, { now, first, stale: false });
    const time = now >= 0 ? this.events[now].t : NaN;
    [...this.body.children].forEach((row, index) => {
      row.classList.toggle("now", Math.abs(this.events[first + index].t - time) < SAME_S);
    });
    const row = this.body.children[now - first];
    if (row && moved) {
      const box = row.closest(".scroll");
      box.scrollTop = row.offsetTop - box.clientHeight / 2;
    }
  }

  #row(event) {
    const item = event.item ? { "data-item": event.item } : {};
    return html("tr", { class: `lane-${event.lane}`, ...item, onclick: () => this.state.seek(event.t) },
      html("td", { class: "number" }, event.t.toFixed(3)), html("td", {}, event.subject), html("td", {}, event.words));
  }
}
