// What the colours mean.

import { html, svg } from "./elements.js";
import { classOf } from "./line_view.js";

export function drawLegend(host, models) {
  const names = [...new Set(models.flatMap((model) => model.classes))];
  const swatch = (className, shape) => html("span", { class: "entry" },
    svg("svg", { width: 18, height: 12, class: className, "aria-hidden": "true" }, shape));
  const box = (className, height, y) => svg("rect", { class: className, x: 0, y, width: 18, height });
  const entries = names.map((name) => [swatch(`${classOf(name)}`, svg("path", { class: "centre", d: "M0 6H18" })), name]);
  entries.push(
    [swatch("", box("beam-blocked", 5, 4)), "beam blocked"],
    [swatch("", box("beam-reported", 3, 5)), "gate said so"],
    [swatch("", box("rod-out", 12, 0)), "rod out"],
    [swatch("fault-swatch", box("hatch-swatch", 12, 0)), "fault"],
    [swatch("", svg("circle", { class: "point", cx: 9, cy: 6, r: 5 })), "violation"],
  );
  if (models.some((model) => model.beliefs.length)) {
    entries.push([swatch("belief wrong", box("frame", 12, 0)), "≠ believed otherwise than true"]);
  }
  if (models.some((model) => model.marks.some((mark) => mark.excuse))) {
    entries.push([swatch("", svg("circle", { class: "point excused", cx: 9, cy: 6, r: 5 })), "excused"]);
  }
  host.append(...entries.map(([picture, words]) => {
    picture.append(` ${words}`);
    return picture;
  }));
}
