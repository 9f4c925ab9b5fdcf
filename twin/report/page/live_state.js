// What the reader of a live page looks at: now, until they look elsewhere; that stays until they follow again.

import { State } from "./state.js";

const SHOWN_S = 60;
const AHEAD_S = 4;

export class LiveState extends State {
  constructor(model) {
    super(SHOWN_S);
    this.model = model;
    this.now = 0;
    this.follows = true;
  }

  // The run has come to `now`.
  advance(now) {
    this.now = now;
    this.end = Math.max(SHOWN_S, now + AHEAD_S);
    if (!this.follows) return;
    super.show(this.end - SHOWN_S, this.end);
    super.seek(now);
  }

  // Comes along with the run from now on, or stays.
  follow(follows) {
    if (follows === this.follows) return;
    this.follows = follows;
    this.dispatchEvent(new Event("follow"));
    if (!follows) return;
    this.select(null);
    this.advance(this.now);
  }

  // Nobody can look at what has not happened yet.
  seek(t) {
    this.follow(false);
    super.seek(Math.min(t, this.model.end));
  }

  show(from, to) {
    this.follow(false);
    super.show(from, to);
  }

  select(selection) {
    if (selection !== null) this.follow(false);
    super.select(selection);
  }
}
