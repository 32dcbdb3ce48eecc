// @ts-check
// A model's look at a drawing: what is asked, and what is said of the answer.

import { wholeImage } from "./images.js";
import { levelsOfImage } from "./pixels.js";
import { comparison } from "./words.js";

/** @typedef {import("./library.js").Model} Model */
/** @typedef {import("./model/client.js").Asking} Asking */
/** @typedef {import("./model/client.js").Engine} Engine */
/** @typedef {import("./model/sampling.js").Loss} Loss */
/** @typedef {import("./model/strokes.js").Stroke} Stroke */
/** @typedef {import("./show.js").About} About */

/**
 * @param {Engine} engine Which has the model.
 * @param {Model} model
 * @param {Stroke[]} strokes
 * @param {{seed: number, category: string}} settings The category is empty where none is chosen.
 * @throws {RangeError} The drawing is more than a page holds.
 */
export function reconstruction(engine, model, strokes, { seed, category }) {
  const numSteps = model.model.num_steps;
  const image = wholeImage(strokes, model);
  const categories = [category ? model.categories.indexOf(category) : null];
  /** @type {About} */
  const about = {
    kind: "reconstructions",
    model,
    settings: { numSteps, seed, category },
    image: levelsOfImage(image),
    strokes: structuredClone(strokes),
  };
  const ask = (/** @type {Asking} */ asking) =>
    engine.reconstruct(model.name, [image], { numSteps, seed, categories }, asking);
  return { image, about, ask };
}

/**
 * How near a reconstruction comes, in a sentence.
 *
 * @param {About} about
 * @param {Loss} loss
 */
export function verdict({ model, settings: { category, numSteps } }, { distortion, ratePerStep }) {
  const bound = ratePerStep.reduce((sum, part) => sum + part, distortion);
  return comparison(bound, model, category) || `Drawn again in ${numSteps} looks.`;
}
