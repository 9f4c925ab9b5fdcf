// One run: what was where at a time. It evaluates what the drawing's JSON holds; times in s, positions in m.

const FORMAT = 1;
const GONE = new Set(["binned", "off"]);

// The index of the last entry whose time, given by `timeOf`, is not after `t`; -1 if there is none.
export function lastBefore(entries, t, timeOf = (entry) => entry[0]) {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timeOf(entries[middle]) <= t) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// What lies on the belt, in a sentence; what a fault laid there has a number below 0.
export function itemWords(number, name) {
  if (number < 0) return `foreign object ${-number}`;
  return name === undefined ? `item ${number}` : `item ${number} (${name})`;
}

function itemOf([number, name, length, answer, confidence, picture, phases]) {
  const last = phases[phases.length - 1];
  const until = GONE.has(last[1]) ? last[0] : Infinity;
  return { number, name, length, answer, confidence, picture, phases, from: phases[0][0], until };
}

function markOf([t, check, item, detail, excuse]) {
  return { t, check, item, detail, excuse };
}

function faultOf([from, until, part, number, name, settings]) {
  return { from, until, part, number, name, settings };
}

function beliefOf([number, item, from, until, steps, wrong]) {
  const stepOf = ([t, stage, gate, name, confidence, bin, reason]) => ({ t, stage, gate, name, confidence, bin, reason });
  return { number, item, from, until: until === null ? Infinity : until, steps: steps.map(stepOf), wrong };
}

function eventOf([t, lane, item, subject, words, short]) {
  return { t, lane, item, subject, words, short: short || "" };
}

export class Model {
  constructor(drawing) {
    if (drawing.format !== FORMAT) throw new Error(`format of the drawing must be ${FORMAT}, got ${drawing.format}`);
    this.layout = drawing.scenario.layout;
    this.end = drawing.end_s;
    this.bins = drawing.bins;
    this.belt = drawing.belt;
    this.gates = drawing.gates;
    this.rods = drawing.rods;
    this.leftOut = drawing.left_out;
    this.items = drawing.items.map(itemOf);
    this.thumbnails = drawing.thumbnails || {};
    this.marks = drawing.marks.map(markOf);
    this.faults = drawing.faults.map(faultOf);
    this.injected = [];
    this.events = drawing.events.map(eventOf);
    this.beliefs = drawing.beliefs.map(beliefOf);
    this.#index();
    this.stack = Array.isArray(drawing.scenario.items) ? drawing.scenario.items.length : drawing.scenario.items.count;
  }

  #index() {
    this.binned = [];
    for (const item of this.items) {
      const last = item.phases[item.phases.length - 1];
      if (last[1] === "binned" && item.number > 0) this.binned.push([last[0], last[3] || 0]);
    }
    this.binned.sort((one, other) => one[0] - other[0]);
    this.numbers = new Map(this.items.map((item) => [item.number, item]));
    this.classes = [...new Set(this.items.map((item) => item.name))].sort();
  }

  // Takes what has changed since the drawing, or since the last changes.
  extend(changes) {
    const lists = { belt: this.belt };
    this.gates.forEach((gate, index) => {
      lists[`beam ${index + 1}`] = gate.beam;
      lists[`gate ${index + 1}`] = gate.reported;
    });
    for (const rod of this.rods) lists[`rod ${rod.number}`] = rod.reaches;
    for (const [name, [start, entries]] of Object.entries(changes.grown)) {
      if (name === "marks") this.marks.splice(start, Infinity, ...entries.map(markOf));
      else lists[name].splice(start, Infinity, ...entries);
    }
    Object.assign(this.thumbnails, changes.thumbnails || {});
    for (const entry of changes.items) {
      const item = itemOf(entry);
      const place = this.items.findIndex((each) => each.number === item.number);
      if (place >= 0) this.items[place] = item;
      else this.items.push(item);
    }
    this.events.push(...changes.events.map(eventOf));
    if (changes.beliefs) this.beliefs = changes.beliefs.map(beliefOf);
    this.end = Math.max(this.end, changes.t_s);
    this.injected = changes.injected.map(({ fault }) => faultOf(fault));
    if (changes.items.length) this.#index();
  }

  // The faults that have acted within a window, up to now.
  faultsWithin(from, to) {
    const known = Math.min(to, this.end);
    return [...this.faults, ...this.injected].filter((fault) => fault.until >= from && fault.from <= known)
      .map((fault) => ({ ...fault, until: Math.min(fault.until, this.end) }));
  }

  displacement(t) {
    const segment = this.belt[Math.max(0, lastBefore(this.belt, t))];
    const elapsed = Math.max(0, t - segment[0]);
    return segment[1] + (segment[2] + (segment[3] * elapsed) / 2) * elapsed;
  }

  speed(t) {
    const segment = this.belt[Math.max(0, lastBefore(this.belt, t))];
    return segment[2] + segment[3] * Math.max(0, t - segment[0]);
  }

  // Where an item is: how it moves, its centre, the number of its rod or bin. Null while it is not on the belt.
  place(item, t) {
    const phase = item.phases[lastBefore(item.phases, t)];
    if (phase === undefined || GONE.has(phase[1])) return null;
    const at = phase[1] === "rides" ? this.displacement(t) - phase[2] : phase[2];
    return { how: phase[1], at, number: phase[3] };
  }

  // The position of an item's mark: where it is, or where it was when it left the belt.
  markPlace(mark) {
    const item = this.numbers.get(mark.item);
    if (item === undefined) return null;
    const place = this.place(item, mark.t);
    if (place !== null) return place.at;
    const phase = item.phases[Math.max(0, lastBefore(item.phases, mark.t))];
    return phase[2];
  }

  // The corners of an item's trajectory from `from` to `until`, as lists of [time, centre], one for each unbroken stay.
  trajectories(item, from, until) {
    const trajectories = [];
    let trajectory = [];
    item.phases.forEach(([start, how, value], index) => {
      const next = item.phases[index + 1];
      const begin = Math.max(start, from);
      const end = Math.min(next === undefined ? this.end : next[0], until);
      if (GONE.has(how)) {
        if (trajectory.length) trajectories.push(trajectory);
        trajectory = [];
      } else if (begin < end || (begin === end && start === begin)) {
        for (const t of how === "rides" ? this.#turns(begin, end) : [begin, end]) {
          trajectory.push([t, how === "rides" ? this.displacement(t) - value : value]);
        }
      }
    });
    if (trajectory.length) trajectories.push(trajectory);
    return trajectories;
  }

  // The times at which the belt's speed changes, and some within ramps.
  #turns(begin, end) {
    const times = [begin];
    for (let index = Math.max(0, lastBefore(this.belt, begin)); index < this.belt.length; index++) {
      const [start, , , acceleration] = this.belt[index];
      if (start >= end) break;
      if (start > begin) times.push(start);
      if (acceleration === 0) continue;
      const stop = Math.min(end, index + 1 < this.belt.length ? this.belt[index + 1][0] : end);
      for (let step = 1; step < 6; step++) {
        const t = start + ((stop - start) * step) / 6;
        if (t > begin && t < end) times.push(t);
      }
    }
    times.push(end);
    return times;
  }

  share(rod, t) {
    const index = lastBefore(rod.reaches, t);
    const [start, share] = rod.reaches[Math.max(0, index)];
    const next = rod.reaches[index + 1];
    if (next === undefined || next[0] <= start) return share;
    return share + ((next[1] - share) * (t - start)) / (next[0] - start);
  }

  // Whether a list of changes, [time, blocked], says blocked at `t`.
  blocked(changes, t) {
    const index = lastBefore(changes, t);
    return index >= 0 && changes[index][1];
  }

  counts(t) {
    const counts = {};
    const reached = lastBefore(this.binned, t);
    for (let index = 0; index <= reached; index++) {
      const name = this.binned[index][1] === 0 ? "reject" : String(this.binned[index][1]);
      counts[name] = (counts[name] || 0) + 1;
    }
    return counts;
  }

  loaded(t) {
    return this.items.filter((item) => item.number > 0 && item.from <= t).length;
  }

  onBelt(t) {
    return this.items.filter((item) => item.from <= t && t < item.until && this.place(item, t) !== null);
  }

  // The intervals of `changes` that say blocked within a window.
  static intervals(changes, from, until) {
    const intervals = [];
    for (let index = 0; index < changes.length; index++) {
      if (!changes[index][1]) continue;
      const start = changes[index][0];
      const stop = index + 1 < changes.length ? changes[index + 1][0] : Infinity;
      if (stop >= from && start <= until) intervals.push([Math.max(start, from), Math.min(stop, until)]);
    }
    return intervals;
  }
}
