// What our controller believed of each item, beside the truth: in words, and as a lane below the diagram.

import { svg, text } from "./elements.js";
import { classOf } from "./line_view.js";
import { itemWords, lastBefore } from "./model.js";

const ROW_HIGH = 17;
const BAR_HIGH = 12;
const MOST_ROWS = 6;
const MOST_BARS = 600;
const CHARACTER = 5.8;

// What was believed at `t`; undefined before it was.
export function stepAt(belief, t) {
  return belief.steps[lastBefore(belief.steps, t, (step) => step.t)];
}

export function binWords(bin) {
  return bin === null ? "undecided" : bin === 0 ? "reject bin" : `bin ${bin}`;
}

export function believedWords(belief, step) {
  if (step === undefined) return "no track";
  const answer = step.name === null ? "no answer yet" : `${step.name} (${step.confidence.toFixed(2)})`;
  return `${belief.number === 0 ? "something not loaded" : answer}, ${step.stage}, ${binWords(step.bin)}${step.reason ? `: ${step.reason}` : ""}`;
}

export function truthWords(model, belief) {
  const item = model.numbers.get(belief.item);
  if (item === undefined) return belief.number === 0 ? "not known" : "no such item";
  const [, how, , number] = item.phases[item.phases.length - 1];
  return how === "binned" ? `${item.name}, reached ${binWords(number || 0)}` : item.name;
}

export function nameOf(belief) {
  if (belief.item !== null) return itemWords(belief.item);
  return belief.number === 0 ? "no item" : `track of item ${belief.number}`;
}

// Whether a belief is shown under the present filter: those of no item are, unless an item is asked for.
export function showsBelief(model, state, belief) {
  const item = model.numbers.get(belief.item);
  if (item !== undefined) return state.shows(model, item);
  return state.filter.item === null && state.filter.name === "" && !state.filter.marked;
}

// Draws the lane and returns how far down it reaches.
export function drawBeliefs(group, model, state, x, top, left, wide) {
  if (model.beliefs.length === 0) return top;
  const present = model.beliefs.filter((belief) => belief.from <= state.to && belief.until >= state.from
    && showsBelief(model, state, belief));
  const ends = [];
  let hidden = 0;
  const area = svg("g", { class: "lane-beliefs", "aria-label": "what the controller believed, above the true class" });
  for (const belief of present) {
    const start = Math.max(left, x(belief.from));
    const stop = Math.max(start + 3, Math.min(wide - 10, x(Math.min(belief.until, model.end))));
    let row = ends.findIndex((end) => end < start);
    if (row < 0) row = ends.length;
    if (row >= MOST_ROWS || area.childElementCount >= MOST_BARS) {
      hidden += 1;
      continue;
    }
    ends[row] = stop + 1;
    area.append(bar(model, belief, x, start, stop, top + 4 + row * ROW_HIGH));
  }
  group.append(text(left - 6, top + 14, left < 60 ? "belief" : "believed", { class: "label", "text-anchor": "end" }), area);
  const bottom = top + 6 + Math.max(1, ends.length) * ROW_HIGH;
  if (hidden === 0) return bottom;
  group.append(text(wide - 12, bottom + 10, `${hidden} more tracks: zoom in`, { class: "label", "text-anchor": "end" }));
  return bottom + 16;
}

function bar(model, belief, x, start, stop, y) {
  const item = model.numbers.get(belief.item);
  const last = belief.steps[belief.steps.length - 1];
  const wrong = belief.wrong.length > 0;
  const words = [`${nameOf(belief)}: believed ${believedWords(belief, last)}`, `in truth ${truthWords(model, belief)}`, ...belief.wrong];
  const parts = belief.steps.map((step, index) => part(belief, step, x, start, stop, y, index));
  const label = `${wrong ? "≠ " : ""}${belief.item === null ? "?" : belief.item} ${shortWords(belief, last)}`;
  return svg("g", { class: `belief${wrong ? " wrong" : ""}`, "data-item": belief.item },
    svg("rect", { class: "frame", x: start, y, width: stop - start, height: BAR_HIGH }), ...parts,
    item === undefined ? null
      : svg("rect", { class: `truth ${classOf(item.name)}`, x: start, y: y + BAR_HIGH, width: stop - start, height: 3 }),
    wrong ? svg("rect", { class: "frame", x: start, y, width: stop - start, height: BAR_HIGH }) : null,
    label.length * CHARACTER < stop - start - 4 ? text(start + 3, y + 9.5, label, { class: "small" })
      : wrong && stop - start > 9 ? text(start + 2, y + 9.5, "≠", { class: "small" }) : null,
    svg("title", {}, words.join("\n")));
}

function part(belief, step, x, start, stop, y, index) {
  const next = belief.steps[index + 1];
  const from = Math.max(start, Math.min(stop, x(step.t)));
  const to = next === undefined ? stop : Math.max(from, Math.min(stop, x(next.t)));
  if (to - from < 0.2) return null;
  const kind = step.name === null ? "" : classOf(step.name);
  return svg("rect", { class: `believed ${kind}${step.reason ? " doubtful" : ""}`, x: from, y, width: to - from, height: BAR_HIGH });
}

function shortWords(belief, last) {
  if (last === undefined) return "no track";
  return `${last.name || "no answer"} → ${last.bin === null ? "?" : last.bin || "reject"}`;
}
