// @ts-check
// From a visitor's strokes to the image that a model sees.

import { fitted, inPlace, rasterise } from "./model/strokes.js";

/** @typedef {import("./library.js").Model} Model */
/** @typedef {import("./model/attention.js").Shape} Shape */
/** @typedef {import("./model/strokes.js").Stroke} Stroke */

/**
 * A whole drawing, brought to size as the data were.
 *
 * @param {Stroke[]} strokes
 * @param {Model} model
 * @returns {Float32Array} (1, h, w), pixels from 0 to 1.
 * @throws {RangeError} There is more than a page holds.
 */
export function wholeImage(strokes, model) {
  return seen(fitted(strokes), model);
}

/**
 * A drawing that is not done, where it is.
 *
 * @param {Stroke[]} strokes
 * @param {Model} model
 * @returns {Float32Array} (1, h, w), pixels from 0 to 1.
 * @throws {RangeError} There is more than a page holds.
 */
export function begunImage(strokes, model) {
  return seen(inPlace(strokes), model);
}

/** @param {Model} model @returns {Shape} */
export function shapeOf({ model: { channels, height, width } }) {
  return [channels, height, width];
}

/**
 * @param {Stroke[]} strokes
 * @param {Model} model Greys are cut at one half for one that knows ink and paper alone.
 */
function seen(strokes, { model: { height }, binarisation }) {
  const levels = rasterise(strokes, height);
  const pixel =
    binarisation === "grey"
      ? (/** @type {number} */ level) => level / 255
      : (/** @type {number} */ level) => Number(level >= 128);
  return Float32Array.from(levels, pixel);
}
