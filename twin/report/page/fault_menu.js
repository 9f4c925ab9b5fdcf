// The faults that a part can be made to have, with their settings, and the list of those that act now.

import { html } from "./elements.js";
import { typedNumber } from "./typed_number.js";

const CHOICES = (name, ...values) => ({ name, values });
const NUMBER = (name, value, unit) => ({ name, value, unit });

// Words, the fault's name on the wire, its settings, and those that are fixed.
const FAULTS = {
  gate: [
    ["stuck blocked", "gatestuck", [], { blocked: true }], ["stuck clear", "gatestuck", [], { blocked: false }],
    ["misses edges", "gatemissesedge", [CHOICES("edge", "both", "blocked", "clear")]],
    ["bounces", "gatebounce", [NUMBER("bounces", 2, ""), NUMBER("period_s", 0.004, "s")]],
    ["one ghost pulse", "gateghost", [NUMBER("pulse_s", 0.1, "s")]],
  ],
  rod: [
    ["dead", "roddead", []], ["slow", "rodslow", [NUMBER("factor", 2, "times as long")]], ["sticks out", "rodsticksout", []],
  ],
  belt: [
    ["wrong speed", "beltspeed", [NUMBER("factor", 0.7, "times as fast")]], ["stops", "beltstops", []],
    ["take an item off", "takenoff", [NUMBER("item", 1, "is its number")]],
    ["an object laid on it", "foreignobject", [NUMBER("at_m", 0.3, "m"), NUMBER("length_m", 0.08, "m long")]],
  ],
  item: [["take it off", "takenoff", []]],
  loader: [
    ["pushes nothing", "emptypush", []], ["pushes two", "doublepush", [NUMBER("gap_m", 0, "m apart")]],
    ["items too long", "toolong", [NUMBER("factor", 3, "times as long")]],
  ],
  camera: [
    ["no image", "noimage", []], ["late image", "lateimage", [NUMBER("delay_s", 1, "s")]],
    ["image twice", "imagetwice", [NUMBER("delay_s", 0.1, "s later")]],
    ["spoilt image", "spoiltimage", [CHOICES("how", "torn", "not_an_image", "blurred", "dark")]],
  ],
  link: [
    ["delay", "linkdelay", [CHOICES("way", "bb", "aa"), NUMBER("delay_s", 0.2, "s")]],
    ["drop", "linkdrop", [CHOICES("way", "bb", "aa"), NUMBER("share", 0.5, "of all")]],
    ["duplicate", "linkduplicate", [CHOICES("way", "bb", "aa"), NUMBER("share", 0.5, "of all")]],
    ["garbage", "garbage", [CHOICES("payload", "not_json", "number", "two_keys", "unknown_key", "wrong_type", "bad_base64", "not_utf8")]],
  ],
  broker: [["down", "brokerdown", []], ["cuts the controller off", "clientcutoff", []]],
  controller: [["killed, and started again when healed", "controllerkilled", []]],
  recognizer: [
    ["slow", "recognizerslow", [NUMBER("delay_s", 1, "s")]],
    ["says", "recognizersays", [CHOICES("what", "error", "wrong_label", "low_confidence", "unknown", "nothing")]],
  ],
};

export class FaultMenu {
  // `ask` sends a request to the line.
  constructor(host, ask) {
    this.ask = ask;
    this.title = html("h2", { tabindex: -1 }, "Break a part");
    this.choices = html("div", { class: "choices" });
    this.acting = html("ul", { class: "acting" });
    this.said = html("p", { class: "said wrong", role: "alert" });
    const others = html("p", { class: "others" }, ...["loader", "camera", "belt", "link", "broker", "controller", "recognizer"].map((part) =>
      html("button", { type: "button", onclick: () => this.choose(part, 0) }, part)));
    host.append(this.title, html("p", { class: "note" }, "Click a part of the line, or choose:"), others, this.choices, this.said, html("h2", {}, "Acting now"), this.acting);
    this.shown = null;
    this.show([]);
  }

  choose(part, number) {
    this.said.textContent = "";
    this.title.textContent = part === "item" ? `Item ${number}` : `Break ${number ? `${part} ${number}` : part}`;
    this.choices.replaceChildren(...FAULTS[part].map((fault) => this.#choice(part, number, fault)),
      html("p", { class: "note" }, "Without a time, a fault acts until it is healed."));
    this.title.focus();
  }

  #choice(part, number, [words, fault, settings, fixed = {}]) {
    const inputs = settings.map((setting) => [setting, setting.values
      ? html("select", { "aria-label": setting.name }, ...setting.values.map((value) => html("option", { value }, value)))
      : numberField(setting.name, 5, setting.value)]);
    const lasts = numberField("lasts, in s; empty: until healed", 4);
    const act = () => {
      const chosen = { fault, ...fixed };
      if (part === "gate" || part === "rod" || part === "item") chosen[part] = number;
      for (const [setting, input] of inputs) chosen[setting.name] = setting.values ? input.value : numberIn(input);
      const seconds = numberIn(lasts, null);
      const odd = [...inputs.map(([, input]) => input), lasts].find((field) => field.matches("[aria-invalid=true]"));
      if (odd === undefined) this.#begin(chosen, seconds);
      else {
        this.refuse(`must be a number, got "${odd.value}"`);
        odd.focus();
      }
    };
    return html("div", { class: "choice" }, html("button", { type: "button", onclick: act }, words),
      ...inputs.flatMap(([setting, input]) => [html("label", {}, input, setting.unit ? ` ${setting.unit}` : "")]),
      fault === "takenoff" ? null : html("label", { class: "lasts" }, "for ", lasts, " s"));
  }

  #begin(fault, seconds) {
    this.refuse("");
    this.ask({ type: "begin", fault, lasts_s: seconds });
  }

  refuse(why) {
    this.said.textContent = why;
  }

  // The faults that act now; each can be healed, or all. That an item was taken off is over at once.
  show(injected) {
    const acting = injected.filter(({ acts, fault: [, , part] }) => acts && part !== "item");
    const key = JSON.stringify(acting.map(({ number }) => number));
    if (key === this.shown) return;
    this.shown = key;
    const entry = ({ number, fault: [, , part, which, name, settings] }) => html("li", { "data-fault": name },
      `${name}${which ? `, ${part} ${which}` : ""}${settings ? ` (${settings})` : ""} `,
      html("button", { type: "button", onclick: () => this.ask({ type: "heal", number }) }, "heal"));
    const healAll = html("li", {}, html("button", { type: "button", onclick: () => acting.forEach(({ number }) => this.ask({ type: "heal", number })) },
      "heal all"));
    this.acting.replaceChildren(...acting.map(entry), acting.length > 1 ? healAll : "", acting.length ? "" : html("li", { class: "none" }, "nothing"));
  }
}

function numberField(label, size, value = null) {
  return html("input", { type: "text", inputmode: "decimal", size, value, "aria-label": label });
}

// The number in a field; `empty` if nothing is there. What is no number is marked.
function numberIn(field, empty = NaN) {
  const number = field.value.trim() === "" ? empty : typedNumber(field.value);
  field.setAttribute("aria-invalid", Number.isNaN(number));
  return number;
}
