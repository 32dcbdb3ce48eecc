// @ts-check
// Which step of a drawing is shown: played, scrubbed, or followed as steps come.
//
// There are `length` steps, of which `available` have come; the one that is shown, `at`, is always
// among these, and while none has come there is none to show. A step may have parts, of which one
// is shown, or all at once (null). What plays waits at the last that has come, and goes on when
// more do. A loop rests on the finished drawing.

const REST = 8; // steps that a loop rests on its end

export class Player {
  length = 0;
  available = 0;
  at = 0;
  /** @type {number | null} */
  part = null;
  rested = 0;
  playing = false;
  loop = false;

  /** @param {number} parts That each step has. */
  constructor(parts = 0) {
    this.parts = parts;
  }

  /** Whether there is no step to be shown. */
  get empty() {
    return this.available === 0;
  }

  /** Whether the finished drawing is shown. */
  get ended() {
    return !this.empty && this.at === this.length - 1 && this.part === null;
  }

  /** There is no drawing any more. */
  clear() {
    this.begin(0, false);
  }

  /**
   * A new drawing begins; none of its steps has come.
   *
   * @param {number} length
   * @param {boolean} playing Whether it is to be played from its first step.
   */
  begin(length, playing) {
    Object.assign(this, { length, available: 0, at: 0, part: null, rested: 0, playing });
  }

  /** @param {number} length Number of steps from now on. */
  resize(length) {
    this.length = length;
    this.available = Math.min(this.available, length);
    this.at = Math.min(this.at, Math.max(this.available - 1, 0));
  }

  /** @param {number} available How many steps have come. */
  grow(available) {
    this.available = Math.min(available, this.length);
  }

  /** @param {boolean} [byParts] Whether it is to be played part by part. */
  play(byParts = false) {
    if (this.empty) return;
    if (!byParts) this.part = null;
    if (this.ended) this.at = 0;
    if (byParts) this.part ??= 0;
    this.rested = 0;
    this.playing = true;
  }

  pause() {
    this.playing = false;
  }

  /**
   * @param {number} step To be shown, counted from 0; one that is not there gives the nearest.
   * @param {number | null} [part] Of it.
   */
  go(step, part = null) {
    if (this.empty) return;
    this.at = Math.min(Math.max(step, 0), this.available - 1);
    this.part = part;
  }

  /** @param {1 | -1} by Parts; after the last part of a step comes the first of the next. */
  turn(by) {
    const part = (this.part ?? (by > 0 ? -1 : this.parts)) + by;
    const step = this.at + by;
    if (part >= 0 && part < this.parts) this.go(this.at, part);
    else if (step >= 0 && step < this.available) this.go(step, by > 0 ? 0 : this.parts - 1);
    else this.go(this.at);
  }

  /**
   * @param {number} steps How many steps of time, or parts of them, have passed.
   * @param {boolean} [byParts]
   */
  advance(steps, byParts = false) {
    if (!this.playing || this.empty) return;
    let left = steps;
    for (; left > 0 && !this.ended; left -= 1) {
      if (byParts) this.turn(1);
      else this.go(this.at + 1);
    }
    if (!this.ended) return;
    if (!this.loop) {
      this.playing = false;
      return;
    }
    this.rested += left;
    if (this.rested >= REST) this.play(byParts);
  }
}
