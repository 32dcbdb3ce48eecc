// @ts-check
// Morph: two drawings and the way between them.

import { element, input } from "./dom.js";
import { wholeImage } from "./images.js";
import { Plate } from "./plate.js";
import { View } from "./view.js";
import { Wall } from "./wall.js";

/** @typedef {import("./model/client.js").Asking} Asking */
/** @typedef {import("./show.js").Show} Show */

const MAT = 4;
const NUM = 33;
const STRIP = 9;
const STRIDE = (NUM - 1) / (STRIP - 1);
const POSITIONS = Array.from({ length: NUM }, (_, n) => n / (NUM - 1));

export class MorphView extends View {
  /** @param {ConstructorParameters<typeof View>} parts */
  constructor(...parts) {
    super(...parts);
    const { root } = this;
    this.between = new Plate(element(root, '[data-plate="between"]'), { mat: MAT });
    this.strip = new Wall(element(root, "[data-wall]"), STRIP, (index) => this.goTo(index ?? 0), {
      toggles: false,
    });
    this.plates = [this.between, ...this.strip.plates];
    this.slider = input(root, '[data-control="position"]');
    this.slider.addEventListener("input", () => this.redraw());
  }

  /** @param {number} index In the strip. */
  goTo(index) {
    this.slider.value = String(STRIDE * index);
    this.redraw();
  }

  /** @override */
  key() {
    return this.pads.map(({ strokes }) => strokes);
  }

  /** @override */
  question() {
    const { model, category } = this;
    const numSteps = model.model.num_steps;
    const [first, second] = this.pads.map(({ strokes }) => wholeImage(strokes, model));
    return {
      about: {
        kind: /** @type {const} */ ("interpolation"),
        model,
        settings: { numSteps, category: this.categoryName },
      },
      ask: (/** @type {Asking} */ asking) =>
        this.library.engine.interpolate(
          model.name,
          first,
          second,
          { positions: POSITIONS, numSteps, category },
          asking,
        ),
    };
  }

  /** @override @param {Show} show */
  done(show) {
    this.timeline.go(show.numSteps - 1);
  }

  /** @override @param {Show} show */
  name(show) {
    this.strip.plates.forEach((plate, index) => {
      const seen = show.describe(STRIDE * index);
      plate.name(`${Math.round((100 * index) / (STRIP - 1))} % of the way: ${seen}`);
    });
  }

  /** @override */
  forget() {
    super.forget();
    for (const plate of this.plates) plate.name("No drawing yet");
  }

  /** @override @param {Show} show @param {number} step */
  show(show, step) {
    const position = this.slider.valueAsNumber;
    this.between.show(show.levels(position, step));
    this.between.window(step === show.numSteps - 1 ? null : show.writes(position, step));
    this.strip.plates.forEach((plate, n) => plate.show(show.levels(STRIDE * n, step)));
    this.strip.pick(Math.round(position / STRIDE));
    const percent = Math.round((100 * position) / (NUM - 1));
    this.slider.setAttribute("aria-valuetext", `${percent} % of the way`);
    const seen = show.describe(position, step);
    this.between.name(`The drawing between the two, ${percent} % of the way: ${seen}`);
  }
}
