// The guided tour of the demo: six steps, each beside what it is about.

import { html } from "./elements.js";

const STUCK = { type: "begin", fault: { fault: "gatestuck", gate: 2, blocked: true }, lasts_s: null };
const STEPS = [
  ["The line", "The loader pushes items onto the belt. The camera takes a picture of each, gates see them pass, rods push " +
    "them into their bins. What no one is sure of rides to the reject bin.", ".line"],
  ["Time and place", "The same, over time: each line is one item on its way. A black bar on a gate's level is its blocked beam, " +
    "the blue line on it is what the controller was told. Below are the messages both ways.", ".diagram"],
  ["In words", "Every event, as it happens. What breaks a rule of the line is listed under Violations.", ".lists"],
  ["Break something", "Gates fail in real plants. Let gate 2 say blocked, whatever passes, and watch what the controller does " +
    "with the items that come.", ".menu", ["Block gate 2", STUCK]],
  ["Heal it", "The controller has to find back by itself. No fault may ever send an item into another class's bin.", ".acting"],
  ["Now yours", "Click any part and break it. Then let your own program control the line: start `twin serve --view`, and connect " +
    "your program to the address that it prints. `twin test \"COMMAND\"` tries every kind of fault by itself.", null],
];

export class Tour {
  constructor(host, ask) {
    this.ask = ask;
    this.step = 0;
    this.part = html("section", { class: "tour", "aria-live": "polite" });
    host.append(this.part);
    this.draw();
  }

  draw() {
    const [title, words, about, act] = STEPS[this.step];
    for (const shown of document.querySelectorAll(".about")) shown.classList.remove("about");
    const shown = about === null ? null : document.querySelector(about);
    if (shown !== null) (shown.closest("section") || shown).classList.add("about");
    const button = (name, run, disabled = false) => html("button", { type: "button", disabled, onclick: run }, name);
    this.part.replaceChildren(
      html("h2", {}, `Step ${this.step + 1} of ${STEPS.length}: ${title}`), html("p", {}, words),
      html("p", { class: "steps" }, button("Back", () => this.go(-1), this.step === 0), " ",
        button("Next", () => this.go(1), this.step === STEPS.length - 1), " ",
        act === undefined ? "" : button(act[0], () => this.ask(act[1]))),
    );
  }

  go(direction) {
    this.step += direction;
    this.draw();
  }
}
