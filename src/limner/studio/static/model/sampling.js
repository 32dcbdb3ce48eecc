// @ts-check
// Drawings by a model: samples from the prior, reconstructions from the posterior.
//
// The two are never the same thing: a sample comes from noise alone, a reconstruction from looking
// at an image. The same seed gives the drawings that the library gives.
//
// Whatever takes long is a generator that says how far it is and gives each step as it comes: who
// drives it may do other things in between, or stop.

import { size } from "./draw.js";
import { distortion, drawNoise, rate } from "./objective.js";
import { foldIn, key } from "./random.js";

/** @typedef {import("./draw.js").Draw} Draw */
/** @typedef {import("./draw.js").Step} Step */

/**
 * How far a computation is.
 *
 * @typedef {object} Progress
 * @property {number} part How much of it is done, from 0 to 1.
 * @property {Step[] | null} steps One step of all drawings: the next, from the first on.
 * @property {Float32Array[] | null} preview Canvases to show until the steps come, logits.
 */

/** @typedef {{distortion: number, ratePerStep: number[]}} Loss Of one image, nats. */

/**
 * Draw from the prior.
 *
 * @param {Draw} model
 * @param {object} options
 * @param {number} options.num How many drawings.
 * @param {number} options.numSteps T; may differ from the T of training.
 * @param {number} options.seed Of the noise; drawing i depends on (seed, i) alone.
 * @param {number} [options.temperature] Factor on the noise; below 1 drawings are more alike.
 * @param {number | null} [options.category] Which to draw, where the model tells them apart; else
 *   all in turn.
 * @returns {Generator<Progress, number[] | null>} At the end, the drawings' categories.
 * @throws {RangeError} There is no such category.
 */
export function* sample(model, options) {
  const { num, numSteps, seed, temperature = 1, category = null } = options;
  const count = model.numCategories;
  const inTurn = count > 0 && category === null;
  const categories = Array.from({ length: num }, (_, index) => (inTurn ? index % count : category));
  const noise = noises(seed, num, numSteps, model.latentSize).map((own) =>
    scaled(own, temperature),
  );
  const states = categories.map((own) => model.first(own));
  yield* told(model.generate(noise, states), numSteps);
  return count ? /** @type {number[]} */ (categories) : null;
}

/**
 * Draw images from looks at them.
 *
 * @param {Draw} model
 * @param {Float32Array[]} images Each (c, h, w), pixels from 0 to 1.
 * @param {object} options
 * @param {number} options.numSteps T.
 * @param {number} options.seed Of the noise; drawing i depends on (seed, i) alone.
 * @param {(number | null)[]} [options.categories] Of the images, where the model tells them apart.
 * @returns {Generator<Progress, Loss[]>} At the end, what each image costs.
 * @throws {RangeError} An image is of another size, or a category is missing or unknown.
 */
export function* reconstruct(model, images, options) {
  const { numSteps, seed, categories = images.map(() => null) } = options;
  checkImages(model, images);
  const noise = noises(seed, images.length, numSteps, model.latentSize);
  const states = images.map((_, b) => model.first(categories[b]));
  const rates = images.map(() => /** @type {number[]} */ ([]));
  const drawing = told(model.infer(images, noise, states), numSteps);
  let next = drawing.next();
  for (; !next.done; next = drawing.next()) {
    next.value.steps?.forEach((step, b) => rates[b].push(rate(step)));
    yield next.value;
  }
  return next.value.map(({ canvas }, b) => ({
    distortion: distortion(canvas, images[b]),
    ratePerStep: rates[b],
  }));
}

/**
 * Noise for some drawings; that of drawing i depends on (seed, i) alone.
 *
 * @param {number} seed
 * @param {number} num
 * @param {number} numSteps
 * @param {number} latentSize
 * @returns {Float32Array[]} Each (t, z).
 */
export function noises(seed, num, numSteps, latentSize) {
  const whole = key(seed);
  return Array.from({ length: num }, (_, index) =>
    drawNoise(foldIn(whole, index), numSteps, latentSize),
  );
}

/**
 * Noise times a temperature.
 *
 * @param {Float32Array} noise
 * @param {number} temperature
 */
export function scaled(noise, temperature) {
  const factor = Math.fround(temperature);
  return noise.map((value) => factor * value);
}

/**
 * Steps as they come, with how far they are.
 *
 * @template Result
 * @param {Generator<Step[], Result>} drawing
 * @param {number} numSteps T.
 * @param {object} [options]
 * @param {number} [options.from] The part that is done before it, if it is one of several.
 * @param {number} [options.to] The part that is done after it.
 * @param {boolean} [options.shown] Whether the steps are part of the answer.
 * @returns {Generator<Progress, Result>}
 */
export function* told(drawing, numSteps, { from = 0, to = 1, shown = true } = {}) {
  let next = drawing.next();
  for (let t = 1; !next.done; t += 1, next = drawing.next()) {
    const part = from + (to - from) * (t / numSteps);
    yield { part, steps: shown ? next.value : null, preview: null };
  }
  return next.value;
}

/**
 * @param {Draw} model
 * @param {Float32Array[]} images
 * @throws {RangeError} One is of another size than the model's.
 */
export function checkImages(model, images) {
  for (const image of images) {
    if (image.length !== size(model.shape)) {
      throw new RangeError(
        `the image has ${image.length} numbers: this network draws ${model.shape.join(" x ")}`,
      );
    }
  }
}
