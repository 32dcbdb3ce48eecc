// @ts-check
// Finishing a drawing: its ink stays, the model draws what may come with it, in several ways.
//
// Of a drawing that is not done, the ink is known, and so is the paper right beside it; elsewhere
// nothing is: blank is no evidence there. What is wanted are latents under which the known pixels
// are likely, and the rest of the canvas that comes with them:
//
// 1. many drawings from the prior; some are picked among them by the likelihood of the known pixels
//    under each (importance resampling, none picked twice);
// 2. sweeps of all of these: each drawing is laid under the known pixels and drawn anew from looks
//    at the whole, latents from the posterior for most of the steps and from the prior for the rest;
// 3. as many as are wanted are picked in the same way, and drawn a last time with half the noise;
//    what is not known is then, at each step, for the most part what is drawn so far;
// 4. the ink that was there is laid over the last sweep's canvases.
//
// Until the last sweep comes, what is best so far can be shown.
//
// Source: Rezende et al. 2014, appendix F (imputation); Rubin 1987 (importance resampling).

import { bernoulliLogProb, sigmoid } from "./distributions.js";
import { drawNoise } from "./objective.js";
import { gumbel, key as keyOf, split } from "./random.js";
import { checkImages, scaled, told } from "./sampling.js";

/** @typedef {import("./attention.js").Shape} Shape */
/** @typedef {import("./draw.js").Draw} Draw */
/** @typedef {import("./draw.js").State} State */
/** @typedef {import("./draw.js").Step} Step */
/** @typedef {import("./random.js").Key} Key */
/** @typedef {import("./sampling.js").Progress} Progress */

/** How many completions there can be. */
export const MOST = 128;

const CHAINS = 32; // drawings that are swept, or as many as are wanted
const CANDIDATES = 4; // samples for each of them
const SWEEPS = 3; // the last one included
const CALM = 0.5; // factor on the noise of the last sweep
const OWN = 0.6; // of what the last sweep does not know: the part that is its own drawing so far
const LOOKS = 0.75; // of the steps; those after them are dreamt
const TRUST = 0.5; // power of the likelihood: sharp canvases are surer than they are right
const INK = Math.fround(0.2); // of full ink: more than a stroke's faintest edge
const OPAQUE = 16; // logits: ink or paper to one part in ten million

const TOGETHER = 64; // candidates drawn at once
const SEARCH = 0.4; // about the part of the time that candidates take

/**
 * Finish a drawing in several ways.
 *
 * @param {Draw} model
 * @param {Float32Array} image What is drawn so far, (c, h, w), pixels from 0 to 1, in its place.
 * @param {object} options
 * @param {number} options.num How many completions, at most `MOST`.
 * @param {number} options.numSteps T.
 * @param {number} options.seed Of all chance in it.
 * @param {number} [options.temperature] Factor on the noise of the steps that come from the prior.
 * @param {number | null} [options.category] What it is to become, where the model tells them apart.
 * @param {boolean[]} [options.known] Which pixels are given, (h, w); `knownPixels` if left out,
 *   which needs a single channel.
 * @returns {Generator<Progress, void>} Previews of the best so far, then the steps of the
 *   completions, on whose canvases the ink of `image` lies at every step; what they read on the way
 *   is not given.
 * @throws {RangeError} `num` is out of range, the image is of another size, or which pixels of a
 *   colour image are drawn is not said.
 */
export function* complete(model, image, options) {
  const { num, seed } = options;
  if (!(Number.isInteger(num) && num >= 1 && num <= MOST)) {
    throw new RangeError(`num is ${num}: there can be 1 to ${MOST} completions`);
  }
  checkImages(model, [image]);
  const task = new Task(model, image, options);
  const [candidatesKey, chainsKey, sweepsKey, pickKey, lastKey] = split(keyOf(seed), 5);
  const chains = Math.max(CHAINS, num);
  let canvases = yield* task.search(candidatesKey, chainsKey, chains, num);
  const chances = gumbel(pickKey, chains);
  const best = () => task.picked(canvases, chances, num);
  const share = (0.9 - SEARCH) / (SWEEPS - 1);
  let from = SEARCH;
  for (const key of split(sweepsKey, SWEEPS - 1)) {
    const to = from + share;
    const states = yield* told(task.sweep(canvases, key), task.numSteps, {
      from,
      to,
      shown: false,
    });
    canvases = states.map(({ canvas }) => canvas);
    yield { part: to, steps: null, preview: best().map(task.inked) };
    from = to;
  }
  const last = task.sweep(best(), lastKey, { calm: CALM, own: OWN });
  for (const { part, steps } of told(last, task.numSteps, { from })) {
    const inked = steps && steps.map((step) => ({ ...step, canvas: task.inked(step.canvas) }));
    yield { part, steps: inked, preview: null };
  }
}

/**
 * The pixels with ink, and those beside them, corners too.
 *
 * @param {Float32Array} image (c, h, w), of a single channel.
 * @param {Shape} shape
 * @returns {boolean[]} (h, w).
 * @throws {RangeError} It has several channels.
 */
function knownPixels(image, [channels, height, width]) {
  if (channels > 1) {
    throw new RangeError(
      "which pixels of a colour image are drawn cannot be told from their colours: only drawings " +
        "in one ink are finished, or what `known` says",
    );
  }
  /** @type {boolean[]} */
  const known = new Array(height * width).fill(false);
  image.forEach((pixel, place) => {
    if (pixel <= INK) return;
    const y = Math.floor(place / width);
    const x = place % width;
    for (let h = Math.max(y - 1, 0); h <= Math.min(y + 1, height - 1); h += 1) {
      for (let w = Math.max(x - 1, 0); w <= Math.min(x + 1, width - 1); w += 1) {
        known[h * width + w] = true;
      }
    }
  });
  return known;
}

/**
 * The indices of `num` different ones, drawn one after the other by their weights.
 *
 * Source: Gumbel noise on log-weights, of which the greatest are kept, draws without replacement
 * (Yellott 1977).
 *
 * @param {Float32Array} noise Gumbel's, one number each.
 * @param {number[]} logWeights At most as many; of those that follow nothing is known yet.
 * @param {number} num
 */
export function pick(noise, logWeights, num) {
  const scores = logWeights.map((weight, index) => weight + noise[index]);
  const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b);
  return order.slice(0, num);
}

/** What stays the same from the first candidate to the last sweep. */
class Task {
  /**
   * @param {Draw} model
   * @param {Float32Array} image
   * @param {{numSteps: number, temperature?: number, category?: number | null, known?: boolean[]}}
   *   options As of `complete`.
   */
  constructor(model, image, { numSteps, temperature = 1, category = null, known }) {
    const [channels] = model.shape;
    const plane = known ?? knownPixels(image, model.shape);
    this.model = model;
    this.image = image;
    this.numSteps = numSteps;
    this.temperature = temperature;
    this.first = model.first(category);
    this.known = new Array(channels).fill(plane).flat();
    this.ink = image.map((pixel) =>
      Math.min(Math.max(Math.log(pixel) - Math.log1p(-pixel), -OPAQUE), OPAQUE),
    );
  }

  /**
   * Draw the candidates, some at a time, and pick the best of those that there are.
   *
   * @param {Key} candidatesKey
   * @param {Key} pickKey
   * @param {number} chains How many to pick.
   * @param {number} num How many of them to show meanwhile.
   * @returns {Generator<Progress, Float32Array[]>} At the end, the canvases that were picked.
   */
  *search(candidatesKey, pickKey, chains, num) {
    const keys = split(candidatesKey, CANDIDATES * chains);
    const chances = gumbel(pickKey, keys.length);
    /** @type {Float32Array[]} */
    const candidates = [];
    while (candidates.length < keys.length) {
      const noise = keys
        .slice(candidates.length, candidates.length + TOGETHER)
        .map((key) => scaled(this.noise(key), this.temperature));
      const from = (SEARCH * candidates.length) / keys.length;
      const to = from + (SEARCH * noise.length) / keys.length;
      const drawing = this.model.generate(
        noise,
        noise.map(() => this.first),
      );
      const states = yield* told(drawing, this.numSteps, { from, to, shown: false });
      candidates.push(...states.map(({ canvas }) => canvas));
      const preview = this.picked(candidates, chances, num).map(this.inked);
      yield { part: to, steps: null, preview };
    }
    return this.picked(candidates, chances, chains);
  }

  /**
   * Some of the drawings, picked by the likelihood of the known pixels under each.
   *
   * @param {Float32Array[]} canvases
   * @param {Float32Array} chances Gumbel's noise, one number each.
   * @param {number} num
   */
  picked(canvases, chances, num) {
    const logWeights = canvases.map((canvas) => TRUST * this.evidence(canvas));
    return pick(chances, logWeights, num).map((index) => canvases[index]);
  }

  /**
   * Lay drawings under the known pixels and draw them anew: latents from the posterior for the
   * first steps, from the prior for the rest.
   *
   * @param {Float32Array[]} canvases
   * @param {Key} key
   * @param {{calm?: number, own?: number}} [options] Factor on the noise; and of what is not known,
   *   the part that is what this sweep has drawn so far.
   * @returns {Generator<Step[], State[]>}
   */
  *sweep(canvases, key, { calm = 1, own = 0 } = {}) {
    const looks = Math.max(1, Math.floor(LOOKS * this.numSteps)) * this.model.latentSize;
    const noises = split(key, canvases.length).map((own) => scaled(this.noise(own), calm));
    const before = canvases.map((canvas) => canvas.map(sigmoid));
    const wholes = before.map((pixels) => pixels.slice());
    /** @param {Float32Array[]} soFar */
    const lay = (soFar) =>
      wholes.forEach((whole, b) =>
        whole.forEach((_, place) => {
          const unknown = own * sigmoid(soFar[b][place]) + (1 - own) * before[b][place];
          whole[place] = this.known[place] ? this.image[place] : unknown;
        }),
      );
    let states = canvases.map(() => this.first);
    lay(states.map(({ canvas }) => canvas));
    const looking = this.model.infer(
      wholes,
      noises.map((noise) => noise.subarray(0, looks)),
      states,
    );
    let next = looking.next();
    for (; !next.done; next = looking.next()) {
      if (own > 0) lay(next.value.map(({ canvas }) => canvas));
      yield next.value.map((step) => ({
        ...step,
        posterior: null,
        glimpse: null,
        readWindow: null,
      }));
    }
    states = next.value;
    const dreamt = noises.map((noise) => scaled(noise.subarray(looks), this.temperature));
    return yield* this.model.generate(dreamt, states);
  }

  /** @param {Key} key */
  noise(key) {
    return drawNoise(key, this.numSteps, this.model.latentSize);
  }

  /**
   * Log-probability of the known pixels under a canvas, nats.
   *
   * @param {Float32Array} canvas
   */
  evidence(canvas) {
    // A pixel with logit 0 costs log 2 whatever its target, so hidden pixels weigh all alike.
    return bernoulliLogProb(
      canvas.map((logit, place) => (this.known[place] ? logit : 0)),
      this.image,
    );
  }

  /** @param {Float32Array} canvas */
  inked = (canvas) => canvas.map((logit, place) => Math.max(logit, this.ink[place]));
}
