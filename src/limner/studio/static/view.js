// @ts-check
// What all views share: the newest question wins, and its answer is drawn as its steps come.

import { Controls } from "./controls.js";
import { element, elements } from "./dom.js";
import { Latest } from "./model/client.js";
import { Pad } from "./pad.js";
import { Show } from "./show.js";
import { state } from "./state.js";
import { attempt, doing, say, sentence } from "./status.js";
import { keep, kept } from "./store.js";
import { takeaway } from "./takeaway.js";
import { Timeline } from "./timeline.js";
import { loading } from "./words.js";

/** @typedef {import("./library.js").Library} Library */
/** @typedef {import("./library.js").Model} Model */
/** @typedef {import("./model/client.js").Asking} Asking */
/** @typedef {import("./model/sampling.js").Progress} Progress */
/** @typedef {import("./model/strokes.js").Stroke} Stroke */
/** @typedef {import("./plate.js").Plate} Plate */
/** @typedef {import("./show.js").About} About */

/**
 * What a view asks the engine.
 *
 * @typedef {object} Question
 * @property {About} about
 * @property {(asking: Asking) => Promise<{result: any}>} ask
 */

/**
 * @typedef {object} Surroundings
 * @property {Library} library
 * @property {(view: string, strokes: Stroke[]) => void} send Opens a view with a drawing.
 */

/**
 * A view of what the studio draws.
 *
 * Each says what it asks (`question`) and which settings it depends on (`key`), and shows steps of
 * the answer (`show`); most do more when it has come (`done`) or while it is searched for
 * (`preview`).
 */
export class View {
  /** @type {Model} */
  model = /** @type {any} */ (null);
  /** @type {Show | null} What is on the page. */
  shown = null;
  /** What was last asked, as one string. */
  asked = "";
  /** @type {Plate[]} */
  plates = [];
  latest = new Latest();
  examples = 0;
  /** What examples are of. */
  draws = "";
  /** @type {Pad | null} The one that the keyboard undoes. */
  touched = null;

  /**
   * @param {HTMLElement} root
   * @param {Surroundings} surroundings
   */
  constructor(root, { library, send }) {
    this.root = root;
    this.library = library;
    this.timeline = new Timeline(element(root, "[data-timeline]"), () => this.redraw());
    this.controls = new Controls(root, () => this.go());
    this.pads = elements(root, "[data-pad]").map((paper) => this.makePad(paper));
    this.take = takeaway(
      element(root, "[data-takeaway]"),
      () => this.taken(),
      send,
      () => this.pads.map(({ strokes }) => strokes),
    );
  }

  /** @param {HTMLElement} paper */
  makePad(paper) {
    const tools = element(/** @type {HTMLElement} */ (paper.closest("figure")), "[data-tools]");
    const changed = () => {
      this.touched = pad;
      this.remember();
      this.go();
    };
    const pad = new Pad(paper, tools, changed, { stays: "stays" in paper.dataset });
    pad.button("example", () => attempt(() => this.example(pad)));
    return pad;
  }

  /** What a model of several categories draws, as an index; null where none can be chosen. */
  get category() {
    return this.model.conditional ? this.model.categories.indexOf(state.category) : null;
  }

  /** The name of that category, for captions; empty where none is chosen. */
  get categoryName() {
    return this.category === null ? "" : state.category;
  }

  /**
   * What the answer depends on: equal strings, equal answers.
   *
   * @returns {unknown}
   */
  key() {
    throw new Error("a view says what its answer depends on");
  }

  /**
   * @returns {Question}
   * @throws {RangeError} A drawing is more than a page holds.
   */
  question() {
    throw new Error("a view says what it asks");
  }

  /**
   * Come into view.
   *
   * @param {Model} model
   * @param {Stroke[] | null} [arriving] A drawing to go on with.
   */
  async enter(model, arriving = null) {
    const draws = `${model.name} ${state.category}`;
    const other = this.draws !== draws;
    this.model = model;
    this.draws = draws;
    if (other) this.examples = 0;
    this.controls.mark();
    if (arriving) this.pads[0].put(arriving);
    else if (this.pads.every((pad) => pad.fresh)) this.recall();
    const wanting = this.pads.filter((pad) => pad.fresh || (pad.example && other));
    for (const pad of wanting) await attempt(() => this.example(pad));
    await this.go();
    this.repaint();
  }

  leave() {
    this.timeline.pause();
    if (this.shown?.whole) return;
    this.latest.cancel();
    this.asked = "";
  }

  /** Keep the drawings, so that they are here again after a reload. */
  remember() {
    keep(
      this.root.id,
      this.pads.map(({ strokes, example }) => (example ? [] : strokes)),
    );
  }

  /** Bring back what was drawn before a reload. */
  recall() {
    kept(this.root.id)?.forEach((strokes, n) => {
      if (strokes.length && this.pads[n]) this.pads[n].put(strokes);
    });
  }

  /** @param {Pad} pad */
  async example(pad) {
    pad.put(await this.nextExample(), { example: true });
  }

  /**
   * An example that suits the model: those by hand come first, then what it dreams, as lines.
   *
   * @returns {Promise<Stroke[]>}
   */
  async nextExample() {
    const { categories, conditional } = this.model;
    const own = conditional ? [state.category] : categories;
    const index = this.examples;
    this.examples += 1;
    if (index < Math.max(own.length, 1)) return this.library.example(own[index]);
    await this.load();
    const lines = await this.library.dream(this.model, this.category, index);
    return lines.length ? lines : this.library.example(own[0]);
  }

  /**
   * Wait until the engine has the model, and say how far it is.
   *
   * @param {AbortSignal} [signal] Of what is no longer waited for.
   */
  async load(signal) {
    await this.library.ready(this.model, (part) => {
      if (!signal?.aborted) doing(loading(this.model, part));
    });
  }

  /** Ask the view's question, unless the answer to it is here; an older one is given up. */
  async go() {
    if (this.pads.some((pad) => !pad.strokes.length)) {
      this.forget();
      return;
    }
    const asked = JSON.stringify([this.model.name, state.category, this.key()]);
    if (asked === this.asked) return;
    this.asked = asked;
    const signal = this.latest.begin();
    say();
    doing();
    this.wait(true);
    try {
      await this.load(signal);
      if (signal.aborted) return;
      doing();
      const { about, ask } = this.question();
      const show = new Show(about);
      const { result } = await ask({ signal, onProgress: (one) => this.progress(show, one) });
      this.done(show, result);
      this.name(show);
      this.take.update();
    } catch (error) {
      if (signal.aborted) return;
      this.forget();
      say(sentence(error));
    }
  }

  /**
   * @param {Show} show
   * @param {Progress} progress
   */
  progress(show, { part, steps, preview }) {
    if (preview) this.preview(preview, show, part);
    if (!steps) return;
    show.steps.push(steps);
    if (this.shown !== show) {
      this.shown = show;
      this.wait(false);
      for (const plate of this.plates) plate.resize(show.shape);
      this.begin(show);
      this.timeline.begin(show.numSteps);
    }
    this.timeline.grow(show.steps.length);
  }

  /**
   * Canvases to look at until the steps come.
   *
   * @param {Float32Array[]} canvases
   * @param {Show} show
   * @param {number} part
   */
  preview(canvases, show, part) {}

  /**
   * Steps begin to come.
   *
   * @param {Show} show
   */
  begin(show) {}

  /**
   * All steps have come.
   *
   * @param {Show} show
   * @param {any} result
   */
  done(show, result) {}

  /**
   * Say what is in each image.
   *
   * @param {Show} show All of it.
   */
  name(show) {}

  /** Nothing is on the page, and nothing is waited for. */
  forget() {
    this.latest.cancel();
    say();
    doing();
    this.asked = "";
    this.shown = null;
    this.wait(false);
    this.timeline.clear();
    for (const plate of this.plates) plate.clear();
    this.take.update();
  }

  /**
   * What is on the page is of an older question while a newer one is answered: it is pale, and
   * nothing of it can be taken away.
   *
   * @param {boolean} waiting
   */
  wait(waiting) {
    this.root.classList.toggle("stale", waiting);
    this.root.setAttribute("aria-busy", String(waiting));
    if (!waiting) return;
    this.timeline.pause();
    this.take.update();
  }

  /** @returns {Show | null} What can be taken away. */
  taken() {
    return this.root.classList.contains("stale") || !this.shown?.whole ? null : this.shown;
  }

  /** What is on the page may be shown in another way now. */
  repaint() {
    if (this.shown?.whole) this.name(this.shown);
    this.redraw();
  }

  redraw() {
    if (this.shown && !this.timeline.player.empty) this.show(this.shown, this.timeline.player.at);
  }

  /**
   * Show a step of each drawing.
   *
   * @param {Show} show
   * @param {number} step
   */
  show(show, step) {
    this.plates.forEach((plate, index) => {
      plate.show(show.levels(index, step), show.about.given);
      plate.window(step === show.numSteps - 1 ? null : show.writes(index, step));
    });
  }
}
