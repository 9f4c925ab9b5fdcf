// The marks of violations, with their words, in rows above the diagram.

import { svg, text } from "./elements.js";
import { itemWords } from "./model.js";

const ROW_HIGH = 18;
const MOST_ROWS = 4;
const CHARACTER = 6.4;

// Draws the marks within the window and returns how far down they reach.
export function drawMarks(group, model, state, x, wide, top) {
  const places = [];
  let hidden = 0;
  // What is excused takes the rows that are left.
  for (const mark of [...model.marks].sort((one, other) => Boolean(one.excuse) - Boolean(other.excuse))) {
    if (mark.t < state.from || mark.t > state.to || !state.lists(model, mark)) continue;
    const words = wordsOf(mark);
    const width = words.length * CHARACTER + 24;
    const at = x(mark.t);
    const start = Math.max(2, Math.min(at - 8, wide - width - 2));
    let row = places.findIndex((taken) => taken.every(([from, to]) => start > to + 4 || start + width < from - 4));
    if (row < 0) row = places.length;
    if (row >= MOST_ROWS) {
      hidden += 1;
      continue;
    }
    places[row] = [...(places[row] || []), [start, start + width]];
    group.append(markOf(mark, model, state, start, top + row * ROW_HIGH, width, words));
  }
  const rows = Math.max(1, places.length);
  if (hidden) {
    group.append(text(wide - 4, top + rows * ROW_HIGH + 12, `${hidden} more marks: zoom in`, {
      class: "label", "text-anchor": "end",
    }));
    return top + (rows + 1) * ROW_HIGH;
  }
  return top + rows * ROW_HIGH;
}

export function wordsOf(mark) {
  const item = mark.item === null ? "" : `, ${itemWords(mark.item)}`;
  return `${mark.check.replaceAll("_", " ")}${item}`;
}

function markOf(mark, model, state, x, y, width, words) {
  const go = () => state.seek(mark.t);
  const title = `${mark.t.toFixed(2)} s: ${mark.detail}${mark.excuse ? ` - excused by ${mark.excuse}` : ""}`;
  return svg("g", {
    class: mark.excuse ? "mark excused" : "mark", tabindex: 0, role: "button", "aria-label": title, onclick: go,
    onkeydown: (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        event.stopPropagation();
        go();
      }
    },
  },
  svg("rect", { x, y, width, height: ROW_HIGH - 3, rx: 3 }),
  text(x + 6, y + 11.5, mark.excuse ? "○" : "!", { class: "sign" }), text(x + 17, y + 11.5, words), svg("title", {}, title));
}
