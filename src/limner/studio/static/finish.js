// Finish: a drawing that is begun, and several ways it may go on.

import { pixels } from "./api.js";
import { wall } from "./plate.js";
import { state } from "./state.js";
import { View } from "./view.js";

const NUM = 8;

export class FinishView extends View {
  path = "complete";
  nextDoodle = 49; // among cats, an oval that wants ears

  constructor(root) {
    super(root);
    this.plates = wall(root.querySelector("[data-wall]"), NUM, { mat: 2 });
  }

  /** The first strokes of a doodle. */
  async example(pad) {
    const strokes = await this.doodle();
    const begun = strokes.slice(0, Math.max(1, Math.floor(strokes.length / 3)));
    pad.put(begun, { keep: true });
  }

  question() {
    const { seed, temperature } = state;
    return { strokes: this.pads[0].strokes, num: NUM, seed, temperature };
  }

  answered(answer) {
    this.given = pixels(answer.image).at();
    this.timeline.start();
  }
}
