// @ts-check
// From a visitor's strokes to the image that a model sees.

import { begunDigit, wholeDigit } from "./model/digits.js";
import { fitted, inPlace, rasterise } from "./model/strokes.js";

/** @typedef {import("./library.js").Model} Model */
/** @typedef {import("./model/attention.js").Shape} Shape */
/** @typedef {import("./model/strokes.js").Stroke} Stroke */

/**
 * How drawings lie in the images of a data set.
 *
 * @typedef {object} Framing
 * @property {(strokes: Stroke[], side: number) => Uint8Array} whole
 * @property {(strokes: Stroke[], side: number) => Uint8Array} begun
 */

/** @type {Record<"quickdraw" | "mnist", Framing>} */
const FRAMINGS = {
  quickdraw: {
    whole: (strokes, side) => rasterise(fitted(strokes), side),
    begun: (strokes, side) => rasterise(inPlace(strokes), side),
  },
  mnist: { whole: wholeDigit, begun: begunDigit },
};

/**
 * A whole drawing, brought to size as the data were.
 *
 * @param {Stroke[]} strokes
 * @param {Model} model
 * @returns {Float32Array} (1, h, w), pixels from 0 to 1.
 * @throws {RangeError} There is more than a page holds.
 */
export function wholeImage(strokes, model) {
  return seen("whole", strokes, model);
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
  return seen("begun", strokes, model);
}

/** @param {Model} model @returns {Shape} */
export function shapeOf({ model: { channels, height, width } }) {
  return [channels, height, width];
}

/**
 * @param {keyof Framing} how
 * @param {Stroke[]} strokes
 * @param {Model} model Greys are cut at one half for one that knows ink and paper alone.
 */
function seen(how, strokes, { model: { height }, binarisation, framing }) {
  const levels = FRAMINGS[framing][how](strokes, height);
  const pixel =
    binarisation === "grey"
      ? (/** @type {number} */ level) => level / 255
      : (/** @type {number} */ level) => Number(level >= 128);
  return Float32Array.from(levels, pixel);
}
