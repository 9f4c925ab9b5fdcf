// The live page: the same drawing, moving with the line; a click on a part breaks it.

import { html } from "./elements.js";
import { seconds } from "./axis.js";
import { Model } from "./model.js";
import { LiveState } from "./live_state.js";
import { LineView } from "./line_view.js";
import { Diagram } from "./diagram.js";
import { EventList } from "./event_list.js";
import { BeliefTable } from "./belief_table.js";
import { FaultMenu } from "./fault_menu.js";
import { Tempo } from "./tempo.js";
import { Tour } from "./tour.js";
import { drawLegend } from "./legend.js";
import { drawMarkList } from "./mark_list.js";

const FORMAT = 1;
const ROUNDED_S = 1e-6;  // The drawing's times are rounded to that, and what happens now has happened.
const AGAIN_MS = 1000;

export function openLive(place) {
  const state = html("span", { role: "status" }, "waiting for the line: it starts when a controller connects");
  const moving = html("span", {});
  const body = html("div", {});
  place.append(html("header", {}, html("h1", {}, "The line, live"), html("p", { class: "facts" }, state, moving)), body);
  connect(new Live(body, state, moving));
}

function connect(live) {
  const address = new URL("live", location.href);
  address.protocol = "ws:";
  address.search = location.search;
  const socket = new WebSocket(address);
  live.ask = (request) => socket.send(JSON.stringify(request));
  // Twin drops a page that does not say so.
  socket.onmessage = (message) => {
    live.take(JSON.parse(message.data));
    socket.send(JSON.stringify({ type: "seen" }));
  };
  socket.onclose = () => {
    if (live.ended) return;
    live.say("the connection to twin is lost; trying again");
    setTimeout(() => connect(live), AGAIN_MS);
  };
}

class Live {
  constructor(body, status, moving) {
    this.body = body;
    this.status = status;
    this.moving = moving;
    this.ended = false;
    this.model = null;
  }

  // Says why the page stands still. A screen reader reads it out, each reason once.
  say(words) {
    cancelAnimationFrame(this.frame);
    if (this.status.textContent !== words) this.status.textContent = words;
    this.moving.textContent = "";
  }

  take(message) {
    if (message.kind === "whole") this.#begin(message);
    else if (message.kind === "refused") this.menu.refuse(message.why);
    else if (this.model !== null) this.#change(message);
  }

  #begin(message) {
    if (message.format !== FORMAT) {
      this.say(`This page reads format ${FORMAT}; twin sends ${message.format}. Load the page again.`);
      return;
    }
    this.model = new Model(message.drawing);
    this.state = new LiveState(this.model);
    this.received = null;
    this.body.replaceChildren();
    const columns = html("div", { class: "live" });
    const tour = html("div", {});
    const bar = html("div", { class: "bar live-bar" });
    this.body.append(tour, bar, columns);
    if (this.tempo) this.tempo.close();
    this.tempo = new Tempo(bar, (request) => this.ask(request), message.tempo);
    bar.append(followButton(this.state));
    const drawn = html("div", {});
    const menu = html("section", { class: "menu" });
    columns.append(drawn, menu);
    this.menu = new FaultMenu(menu, (request) => this.ask(request));
    new LineView(section(drawn, "The line from above", "first"), this.model, this.state, (part, number) => this.menu.choose(part, number));
    const place = section(drawn, "Time and place");
    const legend = html("p", { class: "legend" });
    place.append(legend);
    drawLegend(legend, [this.model]);
    this.legend = legend;
    this.diagram = new Diagram(place, this.model, this.state, { keys: this.tempo.keys });
    const lists = html("div", { class: "lists" });
    drawn.append(lists);
    this.events = new EventList(section(lists, "What happened"), this.model, this.state);
    drawMarkList(section(lists, "Violations"), this.model, this.state);
    this.lists = lists;
    this.table = null;
    this.#believe();
    if (new URLSearchParams(location.search).has("tour")) new Tour(tour, (request) => this.ask(request));
    this.#at(message);
    this.say("");
    this.#later();
  }

  // An external controller shows no beliefs; ours has some once it has loaded an item.
  #believe() {
    if (this.table !== null || !this.model.beliefs.length) return;
    this.table = new BeliefTable(section(this.lists, "What the controller believes", "beliefs"), this.model, this.state);
  }

  #change(message) {
    const classes = this.model.classes.length;
    const marks = this.model.marks.length;
    const believed = this.model.beliefs.length > 0;
    this.model.extend(message);
    this.menu.show(message.injected);
    this.tempo.show(message.tempo);
    this.#believe();
    if (this.model.classes.length !== classes || (this.model.beliefs.length > 0) !== believed) {
      this.legend.replaceChildren();
      drawLegend(this.legend, [this.model]);
    }
    if (message.events.length || this.model.marks.length !== marks) this.state.choose({});
    this.diagram.later();
    this.#at(message);
    if (message.ended) {
      this.ended = true;
      this.say(`The run has ended at ${seconds(message.t_s)}.`);
      this.state.advance(message.t_s);
    }
  }

  // Between two messages time passes at the run's speed; in real time at the rate of the last messages.
  #at(message) {
    const now = performance.now();
    if (message.tempo !== null) this.rate = message.tempo.paused ? 0 : message.tempo.speed;
    else if (this.received !== null && message.t_s > this.received.t) {
      const rate = (message.t_s - this.received.t) / ((now - this.received.now) / 1000);
      this.rate = this.rate === undefined ? rate : this.rate * 0.9 + rate * 0.1;
    }
    this.received = { t: message.t_s, now };
  }

  #later() {
    this.frame = requestAnimationFrame(() => this.#frame());
  }

  #frame() {
    const since = Math.min(0.5, (performance.now() - this.received.now) / 1000);
    const time = this.received.t + since * (this.rate || 0);
    this.state.advance(this.rate === 0 ? time + ROUNDED_S : Math.max(this.state.now, time));
    const last = this.model.events[this.model.events.length - 1];
    this.moving.textContent = `${seconds(this.state.now)}${last ? ` - ${last.subject} ${last.words}` : ""}`;
    this.#later();
  }
}

// Returns from a look into the past, or stays.
function followButton(state) {
  const button = html("button", { type: "button", class: "follow", onclick: () => state.follow(!state.follows) }, "Follow");
  const show = () => button.setAttribute("aria-pressed", state.follows);
  state.on("follow", show);
  show();
  return button;
}

function section(host, title, className = "") {
  const part = html("section", { class: className }, html("h2", {}, title));
  host.append(part);
  return part;
}
