// The marks of violations, with their words, in rows above the diagram.

import { once, setChildren, svg, text } from "./elements.js";
import { itemWords } from "./model.js";

const ROW_HIGH = 18;
const MOST_ROWS = 4;
const CHARACTER = 6.4;

export class Marks {
  constructor(model, state) {
    this.model = model;
    this.state = state;
    this.group = svg("g", {});
    this.more = text(0, 0, "", { class: "label", "text-anchor": "end" });
    this.shapeOf = once((mark) => shapeOf(mark, state));
  }

  // Draws the marks within the window and returns how far down they reach.
  draw(x, wide, top) {
    const places = [];
    const shown = [];
    let hidden = 0;
    for (const mark of this.#present()) {
      const width = widthOf(mark);
      const start = Math.max(2, Math.min(x(mark.t) - 8, wide - width - 2));
      let row = places.findIndex((taken) => taken.every(([from, to]) => start > to + 4 || start + width < from - 4));
      if (row < 0) row = places.length;
      if (row >= MOST_ROWS) {
        hidden += 1;
        continue;
      }
      places[row] = [...(places[row] || []), [start, start + width]];
      shown.push(this.#shape(mark, start, top + row * ROW_HIGH));
    }
    const bottom = top + Math.max(1, places.length) * ROW_HIGH;
    if (hidden) shown.push(this.#more(hidden, wide - 4, bottom + 12));
    setChildren(this.group, shown);
    return hidden ? bottom + ROW_HIGH : bottom;
  }

  // What is excused takes the rows that are left.
  #present() {
    const { model, state } = this;
    return model.marks.filter((mark) => mark.t >= state.from && mark.t <= state.to && state.lists(model, mark))
      .sort((one, other) => Boolean(one.excuse) - Boolean(other.excuse));
  }

  #shape(mark, x, y) {
    const shape = this.shapeOf(mark);
    shape.setAttribute("transform", `translate(${x} ${y})`);
    return shape;
  }

  #more(hidden, x, y) {
    this.more.textContent = `${hidden} more marks: zoom in`;
    this.more.setAttribute("x", x);
    this.more.setAttribute("y", y);
    return this.more;
  }
}

function wordsOf(mark) {
  const item = mark.item === null ? "" : `, ${itemWords(mark.item)}`;
  return `${mark.check.replaceAll("_", " ")}${item}`;
}

function widthOf(mark) {
  return wordsOf(mark).length * CHARACTER + 24;
}

function shapeOf(mark, state) {
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
  svg("rect", { width: widthOf(mark), height: ROW_HIGH - 3, rx: 3 }),
  text(6, 11.5, mark.excuse ? "○" : "!", { class: "sign" }), text(17, 11.5, wordsOf(mark)), svg("title", {}, title));
}
