// @ts-check
// Draw: a drawing, looked at and drawn again.

import { Beside } from "./beside.js";
import { button, element, elements } from "./dom.js";
import { bernoulliEntropy } from "./model/distributions.js";
import { Plate } from "./plate.js";
import { reconstruction, verdict } from "./reconstruction.js";
import { change, state } from "./state.js";
import { attempt } from "./status.js";
import { View } from "./view.js";
import { describe } from "./words.js";

/** @typedef {import("./model/sampling.js").Loss} Loss */
/** @typedef {import("./library.js").Model} Model */
/** @typedef {import("./model/strokes.js").Stroke} Stroke */
/** @typedef {import("./show.js").Show} Show */

/** @typedef {ReturnType<typeof import("./equations.js").mountEquations>} Equations */

const MAT = 4;

export class DrawView extends View {
  /** @type {Equations | null} */
  equations = null;
  /** @type {Float32Array} What the model sees. */
  seen = new Float32Array();

  /** @param {ConstructorParameters<typeof View>} parts */
  constructor(...parts) {
    super(...parts);
    const { root } = this;
    this.image = new Plate(element(root, '[data-plate="image"]'), { mat: MAT });
    this.canvas = new Plate(element(root, '[data-plate="canvas"]'), { mat: MAT });
    this.plates = [this.image, this.canvas];
    this.beside = new Beside(element(root, "[data-beside]"), this.library, MAT);
    this.firsts = elements(root, "[data-first]");
    this.numbers = elements(root, "[data-number]");
    this.verdict = element(root, "[data-verdict]");
    this.drawer = element(root, "[data-equations]");
    this.opener = button("See the equations", () => this.toggle());
    element(root, "[data-opener]").append(this.opener);
  }

  /** @override */
  key() {
    return [this.pads[0].strokes, state.seed];
  }

  /** @override */
  question() {
    const { model, library, categoryName: category } = this;
    const { strokes } = this.pads[0];
    const asked = reconstruction(library.engine, model, strokes, { seed: state.seed, category });
    this.seen = asked.image;
    return asked;
  }

  /** @override @param {Show} show */
  begin(show) {
    const { image = null, model } = show.about;
    this.image.show(image);
    if (image)
      this.image.name(`Your drawing as ${model.name} sees it: ${describe(image, show.shape)}`);
    this.empty();
  }

  /** @override @param {Show} show @param {Loss[]} losses */
  done(show, [loss]) {
    const { distortion, ratePerStep } = loss;
    const rate = ratePerStep.reduce((sum, part) => sum + part, 0);
    /** @type {Record<string, number>} */
    const nats = {
      distortion,
      rate,
      bound: distortion + rate,
      floor: bernoulliEntropy(this.seen),
    };
    this.timeline.rate(ratePerStep);
    for (const number of this.numbers) {
      number.textContent = nats[number.dataset.number ?? ""].toFixed(1);
    }
    this.verdict.textContent = verdict(show.about, loss);
    this.accompany();
    attempt(() => this.mount());
  }

  /** Let the second model draw beside what the first has drawn. */
  accompany() {
    const first = this.taken();
    if (!first) return;
    this.beside.draw(first, ({ steps, numSteps }) => {
      if (steps.length === 1) this.timeline.join(Math.max(first.numSteps, numSteps));
      this.timeline.grow(Math.max(first.numSteps, steps.length));
      this.redraw();
    });
  }

  /** @override @param {Show} show */
  name(show) {
    element(this.root, "[data-ink]").hidden = show.factor === 1;
    this.canvas.name(`What ${show.about.model.name} draws of it: ${show.describe(0)}`);
    this.beside.name();
  }

  /** @override @param {boolean} waiting */
  wait(waiting) {
    super.wait(waiting);
    if (waiting) this.beside.cancel();
  }

  /** @override */
  forget() {
    super.forget();
    this.empty();
    this.unmount();
    this.image.name("No drawing yet");
    this.canvas.name("No drawing yet");
  }

  empty() {
    for (const number of this.numbers) number.textContent = "–";
    this.verdict.textContent = "";
    this.beside.clear();
  }

  /** @override @param {Show} show @param {number} step */
  show(show, step) {
    this.canvas.show(show.levels(0, step));
    this.image.window(show.reads(0, step), "read");
    this.canvas.window(show.writes(0, step));
    this.beside.go(step);
    this.equations?.update({ step: Math.min(step, show.numSteps - 1) });
  }

  /** @override */
  leave() {
    super.leave();
    this.beside.cancel();
    this.unmount();
    change({ equations: false });
  }

  /**
   * @override
   * @param {Model} model
   * @param {Stroke[] | null} [arriving]
   */
  async enter(model, arriving) {
    const second = this.library.named(state.beside) ?? null;
    this.beside.choose(second);
    for (const first of this.firsts) first.textContent = second ? `${model.name}. ` : "";
    await super.enter(model, arriving);
    const shown = this.taken();
    if (shown && !second) this.timeline.resize(shown.numSteps);
    this.accompany();
    await this.mount();
  }

  /** Open the step's equations, or close them. */
  toggle() {
    change({ equations: !state.equations }, { push: true });
    attempt(() => this.mount());
  }

  /** Show the equations if the address says so, of the drawing that is on the page. */
  async mount() {
    const wanted = () => state.equations && this.taken();
    if (!wanted()) {
      this.unmount();
      return;
    }
    const { mountEquations } = await import("./equations.js");
    if (!wanted()) return;
    this.timeline.pause();
    const { model, category, seen: image } = this;
    const { engine } = this.library;
    const step = Math.min(this.timeline.player.at, model.model.num_steps - 1);
    if (this.equations) {
      this.equations.update({ model, image, category, seed: state.seed, step });
      return;
    }
    this.drawer.hidden = false;
    this.opener.textContent = "Close the equations";
    const onStep = (/** @type {number} */ to) => this.timeline.go(to);
    const options = { engine, model, image, category, seed: state.seed, step, onStep };
    this.equations = mountEquations(this.drawer, options);
    this.equations.enter();
  }

  unmount() {
    this.equations?.destroy();
    this.equations = null;
    this.drawer.hidden = true;
    this.opener.textContent = "See the equations";
  }
}
