// What our controller believes of each item at the chosen time, beside the truth; and where its last belief was wrong.

import { html, once, setChildren } from "./elements.js";
import { seconds } from "./axis.js";
import { believedWords, nameOf, showsBelief, stepAt, truthWords } from "./beliefs.js";

const MOST_LISTED = 60;

export class BeliefTable {
  constructor(host, model, state) {
    this.model = model;
    this.state = state;
    this.body = html("tbody", {});
    this.wrong = html("ul", { class: "marks" });
    this.entryOf = once((belief) => this.#entry(belief), (belief) => [belief.from, belief.number, belief.item, ...wrongWords(belief)].join());
    const heads = ["item", "believed", "in truth"].map((head) => html("th", { scope: "col" }, head));
    host.append(html("table", {}, html("thead", {}, html("tr", {}, ...heads)), this.body),
      html("h2", { class: "after" }, "Believed otherwise than true"), this.wrong);
    state.on("time filter", () => this.draw());
    state.on("filter", () => this.#list());
    this.draw();
    this.#list();
  }

  draw() {
    const { model, state } = this;
    const now = model.beliefs.filter((belief) => belief.from <= state.time && state.time < belief.until
      && showsBelief(model, state, belief));
    const rows = now.map((belief) => this.#row(belief, stepAt(belief, state.time)));
    this.body.replaceChildren(...rows, rows.length ? "" : html("tr", {}, html("td", { colspan: 3 }, "nothing at this time")));
  }

  #row(belief, step) {
    const differs = belief.wrong.length > 0 && isWrong(this.model, belief, step);
    return html("tr", { "data-item": belief.item, class: differs ? "differs" : null },
      html("td", {}, nameOf(belief)), html("td", {}, `${differs ? "≠ " : ""}${believedWords(belief, step)}`),
      html("td", {}, truthWords(this.model, belief)));
  }

  #list() {
    const { model, state } = this;
    const wrong = model.beliefs.filter((belief) => belief.wrong.length && showsBelief(model, state, belief));
    const entries = wrong.slice(0, MOST_LISTED).map(this.entryOf);
    const left = wrong.length - entries.length;
    if (left > 0) entries.push(html("li", { class: "none" }, `and ${left} more`));
    setChildren(this.wrong, entries.length ? entries : [html("li", { class: "none" }, "nothing")]);
  }

  #entry(belief) {
    const [head, words] = wrongWords(belief);
    return html("li", {}, html("button", { type: "button", onclick: () => this.state.seek(lastTime(belief)) },
      html("b", {}, head), `: ${words}`));
  }
}

function lastTime(belief) {
  return belief.steps.length ? belief.steps[belief.steps.length - 1].t : belief.from;
}

function wrongWords(belief) {
  return [`${seconds(lastTime(belief))} ≠ ${nameOf(belief)}`, belief.wrong.join("; ")];
}

// Whether what was believed with a step, of a belief that was wrong in the end, was wrong already.
function isWrong(model, belief, step) {
  const item = model.numbers.get(belief.item);
  if (item === undefined || step === undefined || step === belief.steps[belief.steps.length - 1]) return true;
  return step.name !== null && step.name !== item.name;
}
