// Plays: moves the time on, frame by frame.

export class Clock {
  constructor(state) {
    this.state = state;
    state.on("playing", () => {
      if (state.playing) {
        if (state.time >= state.end) state.seek(0);
        this.last = null;
        requestAnimationFrame((now) => this.#frame(now));
      }
    });
  }

  #frame(now) {
    const { state } = this;
    if (!state.playing) return;
    if (this.last !== null) state.seek(state.time + ((now - this.last) / 1000) * state.speed);
    this.last = now;
    if (state.time >= state.end) state.play(false);
    else requestAnimationFrame((next) => this.#frame(next));
  }
}
