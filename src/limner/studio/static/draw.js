// @ts-check
// Draw: a drawing, looked at and drawn again.

import { button, element, elements } from "./dom.js";
import { wholeImage } from "./images.js";
import { bernoulliEntropy } from "./model/distributions.js";
import { levelsOfImage } from "./pixels.js";
import { Plate } from "./plate.js";
import { change, state } from "./state.js";
import { attempt } from "./status.js";
import { View } from "./view.js";
import { comparison, describe } from "./words.js";

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
    const { model, category } = this;
    const { seed } = state;
    const { strokes } = this.pads[0];
    const numSteps = model.model.num_steps;
    const image = wholeImage(strokes, model);
    this.seen = image;
    return {
      about: {
        kind: /** @type {const} */ ("reconstructions"),
        model,
        settings: { numSteps, seed, category: this.categoryName },
        image: levelsOfImage(image),
        strokes: structuredClone(strokes),
      },
      ask: (/** @type {import("./model/client.js").Asking} */ asking) =>
        this.library.engine.reconstruct(
          model.name,
          [image],
          { numSteps, seed, categories: [category] },
          asking,
        ),
    };
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
  done(show, [{ distortion, ratePerStep }]) {
    const rate = ratePerStep.reduce((sum, part) => sum + part, 0);
    const { model, settings } = show.about;
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
    this.verdict.textContent =
      comparison(nats.bound, model, settings.category) || `Drawn again in ${show.numSteps} looks.`;
    const canvas = describe(show.levels(0), show.shape);
    this.canvas.name(`What ${model.name} draws of it: ${canvas}`);
    attempt(() => this.mount());
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
  }

  /** @override @param {Show} show @param {number} step */
  show(show, step) {
    this.canvas.show(show.levels(0, step));
    this.image.window(show.reads(0, step), "read");
    this.canvas.window(show.writes(0, step));
    this.equations?.update({ step });
  }

  /** @override */
  leave() {
    super.leave();
    this.unmount();
    change({ equations: false });
  }

  /**
   * @override
   * @param {Model} model
   * @param {Stroke[] | null} [arriving]
   */
  async enter(model, arriving) {
    await super.enter(model, arriving);
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
    const step = this.timeline.player.at;
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
