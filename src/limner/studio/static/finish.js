// @ts-check
// Finish: a drawing that is begun, and several ways in which it may go on.

import { begunImage } from "./images.js";
import { levelsOf, levelsOfImage } from "./pixels.js";
import { state } from "./state.js";
import { doing } from "./status.js";
import { WalledView } from "./walled.js";

/** @typedef {import("./model/client.js").Asking} Asking */
/** @typedef {import("./pad.js").Pad} Pad */
/** @typedef {import("./show.js").Show} Show */

const NUM = 8;

export class FinishView extends WalledView {
  /**
   * @param {HTMLElement} root
   * @param {import("./view.js").Surroundings} surroundings
   */
  constructor(root, surroundings) {
    super(root, surroundings, NUM);
  }

  /** The first strokes of an example. @override @param {Pad} pad */
  async example(pad) {
    const strokes = await this.nextExample();
    pad.put(strokes.slice(0, Math.max(1, Math.floor(strokes.length / 3))), { example: true });
  }

  /** @override */
  key() {
    return [this.pads[0].strokes, state.seed, state.temperature];
  }

  /** @override */
  question() {
    const { model, category } = this;
    const { seed, temperature } = state;
    const { strokes } = this.pads[0];
    const numSteps = model.model.num_steps;
    const image = begunImage(strokes, model);
    return {
      about: {
        kind: /** @type {const} */ ("completions"),
        model,
        settings: { numSteps, seed, temperature, category: this.categoryName },
        given: levelsOfImage(image),
        strokes: structuredClone(strokes),
      },
      ask: (/** @type {Asking} */ asking) =>
        this.library.engine.complete(
          model.name,
          image,
          { num: NUM, numSteps, seed, temperature, category },
          asking,
        ),
    };
  }

  /**
   * The best so far is seen while better is searched for.
   *
   * @override
   * @param {Float32Array[]} canvases
   * @param {Show} show
   * @param {number} part
   */
  preview(canvases, show, part) {
    if (this.shown) {
      this.shown = null;
      this.timeline.clear();
      this.wall.pick(null);
    }
    this.wait(false);
    doing(`Looking for endings: ${Math.round(100 * part)} %`);
    this.plates.forEach((plate, index) => {
      plate.resize(show.shape);
      plate.show(levelsOf(canvases[index], show.factor), show.about.given);
      plate.window(null);
    });
  }

  /** @override @param {Show} show */
  begin(show) {
    super.begin(show);
    doing();
  }
}
