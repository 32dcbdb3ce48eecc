// @ts-check
// What is minimised: an upper bound on the negative log-likelihood of an image, in nats.
//
//     distortion = -log p(image | canvas_T)                       eq. 9
//     rate       = sum over t of KL(Q_t, P_t)                     eqs 10, 11
//     bound      = distortion + rate                              eq. 12
//
// in expectation over the noise; one draw of it is used at a time. P_t is N(0, I) unless the prior
// is learned. The bound holds only if each step has noise of its own, which `drawNoise` gives.

import { bernoulliLogProb } from "./distributions.js";
import { normal } from "./random.js";

/** @typedef {import("./draw.js").Step} Step */
/** @typedef {import("./random.js").Key} Key */

/**
 * Standard normal noise for one drawing.
 *
 * @param {Key} key
 * @param {number} numSteps T.
 * @param {number} latentSize Z.
 * @returns {Float32Array} (t, z), independent at every step.
 */
export function drawNoise(key, numSteps, latentSize) {
  return normal(key, numSteps * latentSize);
}

/**
 * What the pixels of an image cost under a canvas, nats.
 *
 * Source: eq. 9.
 *
 * @param {Float32Array} canvas The last one, (c, h, w).
 * @param {Float32Array} image (c, h, w).
 */
export function distortion(canvas, image) {
  return -bernoulliLogProb(canvas, image);
}

/**
 * What the latents of one step cost, nats.
 *
 * Source: eqs 10, 11.
 *
 * @param {Step} step Of inference.
 */
export function rate({ posterior, prior }) {
  if (!posterior) throw new TypeError("a step that looked at nothing has no rate");
  return posterior.kl(prior).reduce((sum, part) => sum + part, 0);
}
