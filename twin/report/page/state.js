// What the reader looks at: the time, the window of time that is drawn, the selection, and the filter.

export class State extends EventTarget {
  constructor(end) {
    super();
    this.end = Math.max(end, 0.001);
    this.time = 0;
    this.from = 0;
    this.to = this.end;
    this.playing = false;
    this.speed = 1;
    this.selection = null;
    this.filter = { item: null, name: "", marked: false };
  }

  #tell(what) {
    this.dispatchEvent(new Event(what));
  }

  // Listens to several kinds of changes: time, window, filter, playing.
  on(kinds, act) {
    for (const kind of kinds.split(" ")) this.addEventListener(kind, act);
  }

  // Goes to a time; playing goes on if it was playing.
  seek(t) {
    this.time = Math.min(this.end, Math.max(0, t));
    if (this.time < this.from || this.time > this.to) {
      const width = this.to - this.from;
      this.show(this.time - width / 10, this.time + (width * 9) / 10);
    }
    this.#tell("time");
  }

  show(from, to) {
    const width = Math.min(this.end, Math.max(0.05, to - from));
    this.from = Math.min(Math.max(0, from), this.end - width);
    this.to = this.from + width;
    this.#tell("window");
  }

  zoom(factor, around = this.time) {
    const centre = Math.min(this.to, Math.max(this.from, around));
    this.show(centre - (centre - this.from) * factor, centre + (this.to - centre) * factor);
  }

  pan(seconds) {
    this.show(this.from + seconds, this.to + seconds);
  }

  play(playing) {
    this.playing = playing;
    this.#tell("playing");
  }

  select(selection) {
    this.selection = selection;
    this.#tell("filter");
  }

  choose(changes) {
    Object.assign(this.filter, changes);
    this.#tell("filter");
  }

  // Whether an item is drawn under the present filter.
  shows(model, item) {
    const { item: number, name, marked } = this.filter;
    if (number !== null && item.number !== number) return false;
    if (name !== "" && item.name !== name) return false;
    return !marked || model.marks.some((mark) => mark.item === item.number);
  }

  // Whether an event or a mark is listed: those of other items are not; those of no item are, unless one is chosen.
  lists(model, entry) {
    if (this.selection !== null && (entry.t < this.selection[0] || entry.t > this.selection[1])) return false;
    const item = entry.item ? model.numbers.get(entry.item) : undefined;
    if (item === undefined) return this.filter.item === null && this.filter.name === "" && !this.filter.marked;
    return this.shows(model, item);
  }
}
