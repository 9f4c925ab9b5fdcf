// The violations, and what a fact excused, in words; a click goes there.

import { html, once, setChildren } from "./elements.js";

const SHOWN = 100;

export function drawMarkList(host, model, state) {
  const list = html("ul", { class: "marks" });
  const none = html("li", { class: "none" }, "none");
  const entryOf = once((mark) => html("li", { class: mark.excuse ? "excused" : "" },
    html("button", { type: "button", onclick: () => state.seek(mark.t) },
      html("b", {}, `${mark.t.toFixed(2)} s ${mark.check.replaceAll("_", " ")}`), `: ${mark.detail}`,
      mark.excuse ? html("i", {}, ` Excused by ${mark.excuse}.`) : null)));
  const draw = () => {
    const marks = model.marks.filter((mark) => state.lists(model, mark));
    marks.sort((one, other) => Boolean(one.excuse) - Boolean(other.excuse) || one.t - other.t);
    setChildren(list, marks.length ? marks.slice(0, SHOWN).map(entryOf) : [none]);
  };
  host.append(list);
  state.on("filter", draw);
  draw();
}
