// A controller that speaks the grant protocol, on Node: one item at a time, in the twin's virtual time.
//
//     npm install mqtt
//     node granted_controller.js HOST PORT SERVICE
//
// SERVICE is the URL of a recognition service. Nothing here waits or looks at a clock: it acts when it is granted time,
// and says when it wants to be woken. What the service takes to answer takes no time of the line.
"use strict";

const mqtt = require("mqtt");

const [host, port, service] = process.argv.slice(2);
const WHO = "mine";
const BINS = { ripe: 2, half_ripe: 3, raw: 4 };
const GATES = { first_switch: 1, second_switch: 2, third_switch: 3 };
const WORDS = { 1: "first", 2: "second", 3: "third", 4: "fourth" };
const CLEAR_S = 3.0; // An item behind the last gate is in the reject bin by then.
const PICTURE_S = 3.0; // After a push of the loader that loaded something, its picture has come by then.

// What to do: messages and the time in, commands out.
let running = false, rod = null, due = [], lookAt = null, ending = false;

function push(number, at) {
  due.push([at, { rod_control: `${WORDS[number]}_push` }], [at + 0.5, { rod_control: `${WORDS[number]}_pull` }]);
}

function load(at) {
  if (ending) {
    lookAt = null;
    due.push([at, { rod_control: "all_pull" }], [at + CLEAR_S, { conveyor: "stop" }]);
    return;
  }
  push(1, at);
  lookAt = at + PICTURE_S;
}

async function recognise(picture) {
  try {
    const body = Buffer.from(picture, "base64");
    const answer = await (await fetch(service, { method: "POST", body, signal: AbortSignal.timeout(5000) })).json();
    const { label, confidence } = answer.results[0] ?? {};
    return confidence >= 0.8 ? BINS[label] ?? null : null;
  } catch {
    return null; // Whoever is not recognised rides to the reject bin.
  }
}

async function act(messages, now) {
  if (!running) due.unshift([now, { conveyor: "run" }]); // A broken connection may have stopped the belt.
  running = true;
  for (const [key, value] of messages) {
    if (key === "image") {
      lookAt = null;
      rod = await recognise(value);
    } else if (value === false && rod === GATES[key] + 1) {
      push(rod, now);
      load(now + 1.0);
      rod = null;
    } else if (value === false && key === "third_switch") {
      load(now + 1.0);
    }
  }
  if (lookAt !== null && now >= lookAt) load(now); // No picture came: the push has loaded nothing.
  const commands = due.filter(([at]) => at <= now).map(([, command]) => command);
  due = due.filter(([at]) => at > now);
  const times = due.map(([at]) => at).concat(lookAt === null ? [] : [lookAt]);
  return [commands, times.length ? Math.min(...times) : null];
}

// The protocol: count what comes on bb, answer each grant once, and again if it comes again.
const client = mqtt.connect({ host, port: Number(port), clientId: WHO, protocolVersion: 4, resubscribe: false });
const say = (topic, message) => client.publish(topic, JSON.stringify(message));
let waiting = [], received = 0, sent = 0, grant = null, done = null;

async function hear(topic, payload) {
  if (topic === "bb") {
    waiting.push(Object.entries(JSON.parse(payload))[0]);
    received += 1;
  } else {
    grant = JSON.parse(payload);
    ending ||= grant.stop === true;
    if (done === null) { // The first grant: what was sent before is not ours.
      waiting = [];
      received = grant.sent;
      load(grant.now_s + 2.0);
    }
  }
  if (grant === null || received < grant.sent) return;
  if (done === null || grant.grant > done.grant) {
    const messages = waiting;
    waiting = [];
    const [commands, next] = await act(messages, grant.now_s);
    for (const command of commands) say("aa", command);
    sent += commands.length;
    done = { grant: grant.grant, who: WHO, sent, next_s: next };
  } else if (topic === "bb") {
    return; // Answered already.
  }
  say("twin/clock/done", done);
}

let turn = Promise.resolve(); // One message after the other, also while a picture is being recognised.
client.on("message", (topic, payload) => { turn = turn.then(() => hear(topic, payload)); });
client.on("connect", () => client.subscribe(["bb", "twin/clock/grant"], () => {
  running = ending;
  if (done !== null) say("twin/clock/done", done);
}));
setInterval(() => { if (grant === null) say("twin/clock/hello", { who: WHO }); }, 500);
