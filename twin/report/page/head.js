// The head: what went wrong in one sentence, in which scenario, and how to play it again.

import { html } from "./elements.js";

export function drawHead(host, run, several) {
  const replay = html("code", {}, run.replay);
  const copied = html("span", { class: "said", role: "status" });
  host.append(
    html("p", { class: "facts" }, run.facts.join(" · ")),
    html(several ? "h2" : "h1", { class: run.ok ? "well" : "wrong" }, run.sentence),
    html("p", { class: "replay" }, "Play it again: ", replay, " ",
      html("button", { type: "button", onclick: () => copy(run.replay, copied) }, "Copy"), " ",
      html("button", { type: "button", onclick: () => save("scenario.json", run.scenario) }, "Save scenario.json"),
      copied),
  );
}

async function copy(words, said) {
  try {
    await navigator.clipboard.writeText(words);
    said.textContent = " copied";
  } catch {
    said.textContent = " could not be copied: select the text";
  }
}

function save(name, words) {
  const address = URL.createObjectURL(new Blob([words], { type: "application/json" }));
  html("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
