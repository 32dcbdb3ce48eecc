// @ts-check
// Drawings between two drawings: the way from one to the other through the latents.
//
// Each end is drawn from looks at it, with latents at their posterior means: T steps of Z numbers.
// The drawings between have latents on the arc from one end to the other,
//
//     z(a) = (sin((1 - a) w) z_first + sin(a w) z_second) / sin w,    w the angle between the two.
//
// Means, because noise says nothing of the image. An arc, because what tells drawings apart is the
// length of their latents in the directions that are used, and the chord cuts that short.
//
// Source: White 2016, Sampling generative networks (the arc).

import { checkImages, told } from "./sampling.js";

/** @typedef {import("./draw.js").Draw} Draw */
/** @typedef {import("./sampling.js").Progress} Progress */

const LOOKING = 0.2; // about the part of the time that looks at the ends take

/**
 * Draw the way from one image to another; no chance is in it.
 *
 * @param {Draw} model
 * @param {Float32Array} first (c, h, w), pixels from 0 to 1.
 * @param {Float32Array} second (c, h, w), pixels from 0 to 1.
 * @param {object} options
 * @param {number[]} options.positions Where on the way, as parts of the angle: 0 is the first image,
 *   1 the second.
 * @param {number} options.numSteps T.
 * @param {number | null} [options.category] Of both, where the model tells them apart.
 * @returns {Generator<Progress, void>} The steps of a drawing for each position; they read nothing.
 * @throws {RangeError} An image is of another size, or the category is missing or unknown.
 */
export function* interpolate(model, first, second, { positions, numSteps, category = null }) {
  checkImages(model, [first, second]);
  const start = model.first(category);
  const looks = model.infer(
    [first, second],
    [0, 1].map(() => new Float32Array(numSteps * model.latentSize)),
    [start, start],
  );
  const ends = [0, 1].map(() => new Float32Array(numSteps * model.latentSize));
  let t = 0;
  for (const steps of looks) {
    steps.forEach(({ prior, latent }, end) => {
      ends[end].set(prior.noiseOf(latent), t * model.latentSize);
    });
    t += 1;
    yield { part: LOOKING * (t / numSteps), steps: null, preview: null };
  }
  const noises = positions.map((position) => arc(ends[0], ends[1], position));
  const states = positions.map(() => start);
  yield* told(model.generate(noises, states), numSteps, { from: LOOKING });
}

/**
 * The point at `position`, from 0 to 1, of the arc between two points.
 *
 * The length goes over from that of the one to that of the other. Points in one direction, or at
 * the origin, have no angle between them: there the arc is the chord.
 *
 * @param {Float32Array} first
 * @param {Float32Array} second As many numbers.
 * @param {number} position
 */
export function arc(first, second, position) {
  const lengths = Math.sqrt(dot(first, first)) * Math.sqrt(dot(second, second));
  const cosine = dot(first, second) / (lengths || 1);
  const angle = Math.acos(Math.min(Math.max(cosine, -1), 1));
  const sine = Math.sin(angle);
  const curved = sine > 1e-4 && lengths > 0; // below, the quotient is all rounding
  const before = curved ? Math.sin((1 - position) * angle) / sine : 1 - position;
  const after = curved ? Math.sin(position * angle) / sine : position;
  return first.map((value, index) => before * value + after * second[index]);
}

/**
 * @param {Float32Array} first
 * @param {Float32Array} second
 */
function dot(first, second) {
  return first.reduce((sum, value, index) => sum + value * second[index], 0);
}
