// @ts-check
// The models that there are: fetched when they are chosen, and kept.

import { shapeOf } from "./images.js";
import { Engine } from "./model/client.js";
import { levelsOf } from "./pixels.js";
import { trace } from "./trace.js";

/** @typedef {import("./model/strokes.js").Stroke} Stroke */

/**
 * A model as models.json lists it.
 *
 * @typedef {object} Model
 * @property {string} name
 * @property {string} weights Path of its file, from the page.
 * @property {number} bytes Of its file.
 * @property {Sizes} model
 * @property {string[]} categories What it draws; empty if that is not known.
 * @property {boolean} conditional Whether one of them can be chosen.
 * @property {string} binarisation What images it is given: "grey", or ink and paper alone.
 * @property {"honest" | "as-published"} protocol Of the noise in training; the page draws with new
 *   noise at every step, which is honest.
 * @property {"quickdraw" | "mnist"} framing How drawings lie in its images.
 * @property {boolean} draws Whether strokes can be drawn for it.
 * @property {number[] | Record<string, number[]> | null} quantiles Of the bounds of test drawings,
 *   0 to 100 %, nats; by category if one can be chosen.
 * @property {number | null} ink The factor on logits that shows its drawings as ink; null where the
 *   card has none.
 * @property {{words: string, facts: [string, string][]}} card
 */

/** @typedef {import("./model/weights.js").ModelConfig & {num_steps: number}} Sizes */

/** @typedef {(part: number) => void} Loading Is told how much of a model is here, from 0 to 1. */

/** @typedef {{ready: Promise<void>, part: number, listeners: Set<Loading>}} Load */

const CALM = 0.7; // temperature of what is dreamt as an example

export class Library {
  /** @type {Map<string, Load>} */
  loads = new Map();
  /** @type {Promise<Record<string, [number[], number[]][]>> | null} */
  drawings = null;

  /** @param {Model[]} models The first is the one that a visitor meets. */
  constructor(models) {
    this.models = models;
    this.engine = new Engine();
  }

  /** @param {string} name */
  named(name) {
    return this.models.find((model) => model.name === name);
  }

  /** @returns {Promise<Library>} */
  static async open() {
    const { models } = await (await got("models.json")).json();
    return new Library(models);
  }

  /**
   * Wait until the engine has a model.
   *
   * @param {Model} model
   * @param {Loading} [listener] Is told how far it is, if it has to be waited for.
   */
  async ready(model, listener = () => {}) {
    const load = this.loads.get(model.name) ?? this.begin(model);
    load.listeners.add(listener);
    try {
      await load.ready;
    } finally {
      load.listeners.delete(listener);
    }
  }

  /**
   * @param {Model} model
   * @returns {Load}
   */
  begin(model) {
    /** @type {Load} */
    const load = { ready: Promise.resolve(), part: 0, listeners: new Set() };
    this.loads.set(model.name, load);
    load.ready = this.fetch(model, load).catch((error) => {
      this.loads.delete(model.name); // so that it is tried again
      throw error;
    });
    return load;
  }

  /**
   * @param {Model} model
   * @param {Load} load
   */
  async fetch(model, load) {
    const bytes = new Uint8Array(model.bytes);
    const reader = /** @type {ReadableStream<Uint8Array>} */ (
      (await got(model.weights)).body
    ).getReader();
    let length = 0;
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (length + next.value.length <= bytes.length) bytes.set(next.value, length);
      length += next.value.length;
      for (const listener of load.listeners) listener(length / model.bytes);
    }
    if (length !== model.bytes) {
      throw new Error(`${model.name} did not come whole: reload the page to try again`);
    }
    await this.engine.load(model.name, model.model, bytes.buffer);
  }

  /**
   * An example drawing.
   *
   * @param {string | undefined} category That of any drawing, if what the model draws is not known.
   * @returns {Promise<Stroke[]>} From 0 to 255 both ways, in the middle.
   */
  async example(category) {
    this.drawings ??= got("examples.json").then((response) => response.json());
    const all = await this.drawings;
    const drawing = all[category ?? Object.keys(all)[0]];
    if (!drawing) throw new Error(`there is no example of ${category}`);
    return centred(drawing.map(([xs, ys]) => xs.map((x, i) => [x, ys[i]])));
  }

  /**
   * The lines of a drawing that a model makes up.
   *
   * @param {Model} model One that is ready.
   * @param {number | null} category
   * @param {number} seed
   * @returns {Promise<Stroke[]>} From 0 to 255 both ways; none where there are no lines in it.
   */
  async dream(model, category, seed) {
    const numSteps = model.model.num_steps;
    const options = { num: 1, numSteps, seed, temperature: CALM, category };
    const { steps } = await this.engine.sample(model.name, options);
    return trace(levelsOf(steps[numSteps - 1][0].canvas), shapeOf(model));
  }
}

/**
 * @param {Stroke[]} strokes
 * @returns {Stroke[]} In the middle of the page.
 */
function centred(strokes) {
  const shifts = [0, 1].map((axis) => {
    const positions = strokes.flatMap((stroke) => stroke.map((point) => point[axis]));
    return (255 - Math.min(...positions) - Math.max(...positions)) / 2;
  });
  return strokes.map((stroke) => stroke.map(([x, y]) => [x + shifts[0], y + shifts[1]]));
}

/**
 * @param {string} path From the page.
 * @returns {Promise<Response>}
 */
async function got(path) {
  const response = await fetch(path).catch(() => null);
  if (response?.ok) return response;
  const why = response ? `answer ${response.status}` : "nobody answers";
  throw new Error(`${path} cannot be fetched (${why}): is the connection up?`);
}
