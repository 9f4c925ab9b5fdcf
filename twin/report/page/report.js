// The report: one run, or several beside each other, from the JSON in the page.

import { html } from "./elements.js";
import { Model } from "./model.js";
import { State } from "./state.js";
import { Clock } from "./clock.js";
import { Controls, KEYS } from "./controls.js";
import { LineView } from "./line_view.js";
import { Diagram } from "./diagram.js";
import { BeliefTable } from "./belief_table.js";
import { EventList } from "./event_list.js";
import { drawHead } from "./head.js";
import { drawLegend } from "./legend.js";
import { drawMarkList } from "./mark_list.js";

const FORMAT = 1;
const FIRST_WINDOW_S = 90;
const HASH_DELAY_MS = 200;

export function openReport(place, data) {
  if (data.format !== FORMAT) {
    place.append(html("p", { class: "wrong" }, `This page reads reports of format ${FORMAT}; this one has ${data.format}.`));
    return;
  }
  const several = data.runs.length > 1;
  const models = data.runs.map((run) => new Model(run.drawing));
  const state = new State(Math.max(...models.map((model) => model.end)));
  if (several) place.append(html("header", {}, html("h1", { class: data.difference ? "wrong" : "well" }, data.sentence)));
  const bar = html("div", { class: "bar" });
  const legend = html("p", { class: "legend", "aria-label": "Legend" });
  const columns = html("div", { class: several ? "columns" : "" });
  if (!several) drawHead(place.appendChild(html("header", {})), data.runs[0], false);
  place.append(bar, columns);
  new Controls(bar, models, state);
  const differs = (index) => data.difference?.runs.includes(index + 1);
  data.runs.forEach((run, index) => {
    drawRun(columns, run, models[index], state, several, differs(index) ? data.difference : null);
  });
  const firstDiagram = columns.querySelector(".place");
  drawLegend(legend, models);
  firstDiagram.insertBefore(legend, firstDiagram.querySelector(".diagram"));
  new Clock(state);
  begin(state, models, data.difference);
}

function section(host, title, className = "") {
  const part = html("section", { class: className }, html("h2", {}, title));
  host.append(part);
  return part;
}

function drawRun(host, run, model, state, several, difference) {
  const column = html("div", { class: "run" });
  host.append(column);
  if (several) drawHead(column.appendChild(html("header", {})), run, true);
  new LineView(section(column, "The line from above"), model, state);
  new Diagram(section(column, "Time and place", "place"), model, state, { keys: KEYS, difference });
  const lists = html("div", { class: "lists" });
  column.append(lists);
  new EventList(section(lists, "What happened"), model, state);
  drawMarkList(section(lists, "Violations"), model, state);
  if (model.beliefs.length) new BeliefTable(section(column, "What the controller believes", "beliefs"), model, state);
}

// Goes to the time in the address, else to the first violation, and shows what is around it.
function begin(state, models, difference) {
  const marks = models.flatMap((model) => model.marks);
  const first = marks.find((mark) => !mark.excuse) || marks[0];
  const start = difference ? difference.t_s : first ? first.t : state.end > FIRST_WINDOW_S ? 30 : state.end / 3;
  const chosen = timeInAddress();
  const time = chosen === null ? start : chosen;
  if (state.end > FIRST_WINDOW_S) state.show(time - FIRST_WINDOW_S / 2, time + FIRST_WINDOW_S / 2);
  state.seek(time);
  window.addEventListener("hashchange", () => {
    const t = timeInAddress();
    if (t !== null && Math.abs(t - state.time) > 0.005) state.seek(t);
  });
  let timer = null;
  state.on("time", () => {
    clearTimeout(timer);
    timer = setTimeout(() => history.replaceState(null, "", `#t=${state.time.toFixed(2)}`), HASH_DELAY_MS);
  });
}

function timeInAddress() {
  const found = /^#t=([\d.]+)/.exec(location.hash);
  return found === null || !Number.isFinite(Number(found[1])) ? null : Number(found[1]);
}
