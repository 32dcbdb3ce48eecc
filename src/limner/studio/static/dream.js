// @ts-check
// Dream: a wall of samples from the prior, which draw themselves at once.

import { element } from "./dom.js";
import { state, change } from "./state.js";
import { WalledView } from "./walled.js";
import { warning } from "./words.js";

/** @typedef {import("./library.js").Model} Model */
/** @typedef {import("./model/client.js").Asking} Asking */

const NUM = 36; // one of each category of the largest model that comes with limner
const MOST_STEPS = 64;

export class DreamView extends WalledView {
  /**
   * @param {HTMLElement} root
   * @param {import("./view.js").Surroundings} surroundings
   */
  constructor(root, surroundings) {
    super(root, surroundings, NUM);
    this.note = element(root, "[data-note]");
  }

  /**
   * @override
   * @param {Model} model
   */
  enter(model) {
    const { num_steps: trained } = model.model;
    if (!state.steps) change({ steps: trained });
    this.controls.limitSteps(Math.max(MOST_STEPS, trained, state.steps));
    return super.enter(model);
  }

  /** @override */
  get category() {
    return state.category ? super.category : null;
  }

  /** @override */
  key() {
    return [state.seed, state.temperature, state.steps];
  }

  /** @override */
  question() {
    const { model, category } = this;
    const { seed, temperature, steps: numSteps } = state;
    const trained = model.model.num_steps;
    this.note.textContent = warning({ temperature, steps: numSteps, trained });
    return {
      about: {
        kind: /** @type {const} */ ("samples"),
        model,
        settings: { numSteps, seed, temperature, category: this.categoryName },
      },
      ask: (/** @type {Asking} */ asking) =>
        this.library.engine.sample(
          model.name,
          { num: NUM, numSteps, seed, temperature, category },
          asking,
        ),
    };
  }
}
