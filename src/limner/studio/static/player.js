// @ts-check
// Which step of a drawing is shown: played, scrubbed, or followed as steps come.
//
// There are `length` steps, of which `available` have come; the one that is shown, `at`, is always
// among these, and while none has come there is none to show. What plays waits at the last that has
// come, and goes on when more do. A loop rests on the finished drawing.

const REST = 8; // steps that a loop rests on its end

export class Player {
  length = 0;
  available = 0;
  at = 0;
  rested = 0;
  playing = false;
  loop = false;

  /** Whether there is no step to be shown. */
  get empty() {
    return this.available === 0;
  }

  /** Whether the finished drawing is shown. */
  get ended() {
    return !this.empty && this.at === this.length - 1;
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
    Object.assign(this, { length, available: 0, at: 0, rested: 0, playing });
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

  play() {
    if (this.empty) return;
    if (this.ended) this.at = 0;
    this.rested = 0;
    this.playing = true;
  }

  pause() {
    this.playing = false;
  }

  /** @param {number} step To be shown, counted from 0; one that is not there gives the nearest. */
  go(step) {
    this.pause();
    if (!this.empty) this.at = Math.min(Math.max(step, 0), this.available - 1);
  }

  /** @param {number} steps How many steps of time have passed. */
  advance(steps) {
    if (!this.playing || this.empty) return;
    const wanted = this.at + steps;
    this.at = Math.min(wanted, this.available - 1);
    if (!this.ended) return;
    if (!this.loop) {
      this.playing = false;
      return;
    }
    this.rested += wanted - this.at;
    if (this.rested < REST) return;
    this.rested = 0;
    this.at = 0;
  }
}
