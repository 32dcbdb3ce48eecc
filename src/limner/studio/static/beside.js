// @ts-check
// A second model beside the first, which draws the same strokes with the same seed.

import { element } from "./dom.js";
import { wholeImage } from "./images.js";
import { Latest } from "./model/client.js";
import { Plate } from "./plate.js";
import { reconstruction, verdict } from "./reconstruction.js";
import { Show } from "./show.js";
import { sentence } from "./status.js";
import { article, loading } from "./words.js";

/** @typedef {import("./library.js").Library} Library */
/** @typedef {import("./library.js").Model} Model */

export class Beside {
  /** @type {Model | null} */
  model = null;
  /** @type {Show | null} What the first model draws, beside which this is drawn. */
  first = null;
  /** @type {Show | null} */
  show = null;
  /** How it came to its category, after its name. */
  why = "";
  latest = new Latest();

  /**
   * @param {HTMLElement} root Its figure.
   * @param {Library} library
   * @param {number} mat
   */
  constructor(root, library, mat) {
    this.root = root;
    this.library = library;
    this.plate = new Plate(element(root, ".plate"), { mat });
    this.who = element(root, "[data-who]");
    this.words = element(root, "[data-words]");
  }

  /** @param {Model | null} model Null for nobody. */
  choose(model) {
    this.root.hidden = !model;
    if (model === this.model) return;
    this.model = model;
    this.clear();
  }

  /** Give up what is not done. */
  cancel() {
    if (this.show?.whole) return;
    this.latest.cancel();
    this.first = null;
  }

  /** Nothing is drawn. */
  clear() {
    this.latest.cancel();
    this.first = this.show = null;
    this.plate.clear();
    this.plate.name("No drawing yet");
    this.root.setAttribute("aria-busy", "false");
    this.who.textContent = this.model ? `${this.model.name}.` : "";
    this.words.textContent = "";
  }

  /**
   * Draw what the first model has drawn, unless it is drawn.
   *
   * @param {Show} first
   * @param {(show: Show) => void} came Is told of each step as it comes.
   */
  async draw(first, came) {
    const { model, library } = this;
    if (!model || this.first === first) return;
    this.clear();
    this.first = first;
    this.root.setAttribute("aria-busy", "true");
    const signal = this.latest.begin();
    try {
      await library.ready(model, (part) => {
        if (!signal.aborted) this.words.textContent = loading(model, part);
      });
      const { category, why } = await this.categoryFor(model, first, signal);
      signal.throwIfAborted();
      const { strokes = [], settings } = first.about;
      const { seed = 0 } = settings;
      const { about, ask } = reconstruction(library.engine, model, strokes, { seed, category });
      const show = new Show(about);
      this.plate.resize(show.shape);
      this.words.textContent = "";
      this.why = why;
      const { result } = await ask({
        signal,
        onProgress: ({ steps }) => {
          if (!steps) return;
          show.steps.push(steps);
          this.show = show;
          this.name();
          came(show);
        },
      });
      this.words.textContent = verdict(about, result[0]);
    } catch (error) {
      if (signal.aborted) return;
      this.words.textContent = sentence(error);
    }
    this.root.setAttribute("aria-busy", "false");
  }

  /**
   * Of a model's categories the one of the same name as the first model's, else the likeliest.
   *
   * @param {Model} model
   * @param {Show} first
   * @param {AbortSignal} signal
   * @returns {Promise<{category: string, why: string}>} Both empty where none can be chosen.
   */
  async categoryFor(model, { about }, signal) {
    if (!model.conditional) return { category: "", why: "" };
    const { settings, strokes = [] } = about;
    const { categories } = about.model;
    const same = settings.category || (categories.length === 1 ? categories[0] : "");
    if (model.categories.includes(same)) {
      return { category: same, why: `, told that it is ${article(same)}` };
    }
    const image = wholeImage(strokes, model);
    const options = { numSteps: model.model.num_steps, seed: settings.seed, draws: 1 };
    const bounds = await this.library.engine.classify(model.name, image, options, {
      signal,
      onProgress: ({ part }) => {
        this.words.textContent = `Which of its categories is it? ${Math.round(100 * part)} %`;
      },
    });
    const likeliest = model.categories[bounds.indexOf(Math.min(...bounds))];
    return { category: likeliest, why: `, which takes it for ${article(likeliest)}` };
  }

  /** @param {number} step Beyond its last it stands still. */
  go(step) {
    const { show } = this;
    if (!show) return;
    this.plate.show(show.levels(0, step));
    this.plate.window(show.writes(0, step));
  }

  /** Say whose drawing it is, and what is in it. */
  name() {
    const { show, why } = this;
    if (!show) return;
    const shown = show.factor === 1 ? "" : ", shown as ink";
    this.who.textContent = `${show.about.model.name}${why}${shown}.`;
    this.plate.name(`What ${show.about.model.name} draws of it: ${show.describe(0)}`);
  }
}
