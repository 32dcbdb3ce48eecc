// @ts-check
// Which of the categories that a model tells apart an image looks like.
//
// Source: Bayes' rule with all categories as likely, the likelihood being replaced by its bound.

import { distortion, rate } from "./objective.js";
import { checkImages, noises, told } from "./sampling.js";

/** @typedef {import("./draw.js").Draw} Draw */
/** @typedef {import("./sampling.js").Progress} Progress */

const DRAWS = 16; // as in the library

/**
 * The bound of an image under each category, a mean over draws of the noise, nats; the category
 * with the least is the likeliest.
 *
 * @param {Draw} model One that tells categories apart.
 * @param {Float32Array} image (c, h, w), pixels from 0 to 1.
 * @param {object} options
 * @param {number} options.numSteps T.
 * @param {number} [options.seed] Of the noise.
 * @param {number} [options.draws] Of the noise; a few are quick, and rough.
 * @returns {Generator<Progress, number[]>}
 * @throws {RangeError} The model tells none apart, or the image is of another size.
 */
export function* classify(model, image, { numSteps, seed = 0, draws = DRAWS }) {
  const count = model.numCategories;
  if (!count) throw new RangeError("this network tells no categories apart");
  checkImages(model, [image]);
  const noise = noises(seed, draws, numSteps, model.latentSize);
  const images = noise.map(() => image);
  const bounds = [];
  for (let category = 0; category < count; category += 1) {
    const states = noise.map(() => model.first(category));
    const drawing = model.infer(images, noise, states);
    let sum = 0;
    const options = { from: category / count, to: (category + 1) / count };
    const telling = told(drawing, numSteps, options);
    let next = telling.next();
    for (; !next.done; next = telling.next()) {
      const { part, steps } = next.value;
      sum += (steps ?? []).reduce((total, step) => total + rate(step), 0);
      yield { part, steps: null, preview: null };
    }
    sum += next.value.reduce((total, { canvas }) => total + distortion(canvas, image), 0);
    bounds.push(sum / draws);
  }
  return bounds;
}
