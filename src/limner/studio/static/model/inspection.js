// @ts-check
// A reconstruction opened up: all that is computed in each step, and a hand in it.
//
// A hand may choose single latents of single steps, hold the reading window still from a step on,
// and change how far the window reaches and how wide its filters are. All else goes on as the
// network does it, with the noise of the same seed; so without a hand these are the steps of
// `reconstruct`, and steps before the first change stay as they are.
//
// Axis letters: z latent, c channel, h w image, n grid.

import { filters } from "./attention.js";
import { sigmoid } from "./distributions.js";
import { Draw } from "./draw.js";
import { distortion } from "./objective.js";
import { AttentiveRead } from "./read_write.js";
import { checkImages, noises } from "./sampling.js";

/** @typedef {import("./attention.js").Window} Window */
/** @typedef {import("./draw.js").State} State */
/** @typedef {import("./draw.js").Step} Step */
/** @typedef {import("./sampling.js").Progress} Progress */

/** @typedef {{filtersY: Float32Array, filtersX: Float32Array}} Filters (n, h) and (n, w). */

/** @typedef {{step: number, latent: number, value: number}} Choice A latent taken by hand. */

/**
 * What a hand does to the reading window; widths are factors.
 *
 * @typedef {object} Steering
 * @property {number | null} holdFrom The step from which on the window stays as it is there.
 * @property {number} stride
 * @property {number} std
 */

/**
 * What a step computes beside what it shows of itself; filters are null without attention.
 *
 * @typedef {object} Insight
 * @property {Float32Array} error Eq. 3, (c, h, w).
 * @property {Filters | null} readFilters Eqs 25, 26.
 * @property {Filters | null} writeFilters Eqs 25, 26.
 * @property {Float32Array} rates What each latent costs, eqs 10, 11, nats, (z,).
 * @property {Float32Array} before The canvas c_{t-1}, logits, (c, h, w).
 * @property {Float32Array} written What is added to it, eq. 29, logits, (c, h, w).
 */

/**
 * @typedef {object} Inspection
 * @property {(Step & Insight)[]} steps
 * @property {number} distortion Of the image under the last canvas, nats.
 */

/** @type {Steering} */
const UNSTEERED = { holdFrom: null, stride: 1, std: 1 };

/**
 * Reconstruct an image, and keep all that is computed on the way.
 *
 * @param {Draw} model
 * @param {Float32Array} image (c, h, w), pixels from 0 to 1.
 * @param {object} options
 * @param {number} options.numSteps T.
 * @param {number} options.seed Of the noise.
 * @param {number | null} [options.category] Of the image, where the model tells them apart.
 * @param {Choice[]} [options.latents] Those taken by hand; steps and latents count from 0.
 * @param {Partial<Steering>} [options.window] What is done to the reading window.
 * @returns {Generator<Progress, Inspection>}
 * @throws {RangeError} The image is of another size, a latent or step is not there, or the window
 *   cannot be steered so.
 */
export function* inspect(model, image, options) {
  const { numSteps, seed, category = null, latents: choices = [], window } = options;
  const steering = window ? { ...UNSTEERED, ...window } : null;
  checkImages(model, [image]);
  checkChoices(choices, numSteps, model.latentSize);
  if (steering) checkSteering(model, steering, numSteps);
  const [noise] = noises(seed, 1, numSteps, model.latentSize);
  let states = [model.first(category)];
  /** @type {(Step & Insight)[]} */
  const steps = [];
  for (let t = 0; t < numSteps; t += 1) {
    const steered = steering ? withHand(model, steering, steps) : model;
    const looks = steered.look(states, [image]);
    const start = t * model.latentSize;
    const latent = looks[0].posterior.sample(noise.subarray(start, start + model.latentSize));
    for (const { step, latent: index, value } of choices) if (step === t) latent[index] = value;
    const next = model.draw(states, [latent], model.priors(states), looks);
    steps.push({ ...next.steps[0], ...insight(model, states[0], next.steps[0], image) });
    ({ states } = next);
    yield { part: (t + 1) / numSteps, steps: null, preview: null };
  }
  return { steps, distortion: distortion(states[0].canvas, image) };
}

/**
 * The network with a hand on its reading window.
 *
 * @param {Draw} model
 * @param {Steering} steering
 * @param {Step[]} steps Those drawn so far.
 */
function withHand(model, { holdFrom, stride, std }, steps) {
  const { read } = model;
  if (!(read instanceof AttentiveRead)) return model;
  const held = holdFrom === null ? null : (steps[holdFrom]?.readWindow ?? null);
  const steered = new AttentiveRead(read.window, read.grid, read.shape);
  steered.windows = (hidden) =>
    read
      .windows(hidden)
      .map((own) => held ?? { ...own, stride: stride * own.stride, std: std * own.std });
  return new Draw({ ...model, read: steered });
}

/**
 * What a step computes beside what it shows of itself.
 *
 * @param {Draw} model
 * @param {State} state Before the step.
 * @param {Step} step Of inference.
 * @param {Float32Array} image (c, h, w).
 * @returns {Insight}
 */
function insight({ read, write, shape }, { canvas }, step, image) {
  const [, height, width] = shape;
  const { posterior, prior, readWindow, writeWindow } = step;
  if (!posterior) throw new TypeError("a step that looked at nothing cannot be inspected");
  /** @type {(head: typeof read | typeof write, window: Window | null) => Filters | null} */
  const filtersOf = (head, window) =>
    window && "grid" in head ? filters(window, head.grid, height, width) : null;
  return {
    error: image.map((pixel, index) => pixel - sigmoid(canvas[index])),
    readFilters: filtersOf(read, readWindow),
    writeFilters: filtersOf(write, writeWindow),
    rates: posterior.kl(prior),
    before: canvas,
    written: step.canvas.map((logit, index) => logit - canvas[index]),
  };
}

/**
 * @param {Choice[]} choices
 * @param {number} numSteps
 * @param {number} latentSize
 */
function checkChoices(choices, numSteps, latentSize) {
  for (const { step, latent, value } of choices) {
    if (!isIndex(step, numSteps)) throw new RangeError(noStep(step, numSteps));
    if (!isIndex(latent, latentSize)) {
      throw new RangeError(`there is no latent ${latent}: a step has ${latentSize}`);
    }
    if (!Number.isFinite(value)) {
      throw new RangeError(`latent ${latent} of step ${step} is to be ${value}: give a number`);
    }
  }
}

/**
 * @param {Draw} model
 * @param {Steering} steering
 * @param {number} numSteps
 */
function checkSteering({ read }, { holdFrom, stride, std }, numSteps) {
  if (!(read instanceof AttentiveRead)) {
    throw new RangeError("this network reads without attention: it has no window to steer");
  }
  if (holdFrom !== null && !isIndex(holdFrom, numSteps)) {
    throw new RangeError(noStep(holdFrom, numSteps));
  }
  for (const [name, factor] of Object.entries({ stride, std })) {
    if (!(factor > 0 && Number.isFinite(factor))) {
      throw new RangeError(`the factor on the window's ${name} is ${factor}: it is above 0`);
    }
  }
}

/**
 * @param {number} value
 * @param {number} count
 */
function isIndex(value, count) {
  return Number.isInteger(value) && value >= 0 && value < count;
}

/**
 * @param {number} step
 * @param {number} numSteps
 */
function noStep(step, numSteps) {
  return `there is no step ${step}: the drawing has ${numSteps}, counted from 0`;
}
