// @ts-check
// Levels from 0 to 255, and from them colours: what is given in ink, what goes beyond it in red.

import { sigmoid } from "./model/distributions.js";

/** @typedef {import("./model/attention.js").Shape} Shape */

/** @typedef {readonly number[]} Colour Red, green, blue, from 0 to 255. */
/** @typedef {{paper: Colour, ink: Colour, write: Colour, read: Colour, mat: Colour}} Palette */

/** @type {Palette} What is taken away is always light. */
export const LIGHT = {
  paper: [255, 254, 251],
  ink: [29, 27, 24],
  write: [207, 47, 42],
  read: [0, 128, 77],
  mat: [240, 236, 226],
};

/**
 * @param {Float32Array} canvas Logits.
 * @param {number} [factor] On them; the larger, the fewer pixels are grey.
 * @returns {Uint8ClampedArray} Levels.
 */
export function levelsOf(canvas, factor = 1) {
  return Uint8ClampedArray.from(canvas, (logit) => 255 * sigmoid(factor * logit));
}

/**
 * @param {Float32Array} image Pixels from 0 to 1.
 * @returns {Uint8ClampedArray} Levels.
 */
export function levelsOfImage(image) {
  return Uint8ClampedArray.from(image, (pixel) => 255 * pixel);
}

/**
 * Lay levels out as colours.
 *
 * @param {Uint8ClampedArray | null} levels (c, h, w): of ink, or of three colours; null for paper.
 * @param {Uint8ClampedArray | null} given Of these levels of ink, those that somebody drew.
 * @param {Shape} shape
 * @param {Palette} palette
 * @param {Uint8ClampedArray} data RGBA, (h, w, 4), to be filled.
 */
export function paint(levels, given, [channels, height, width], palette, data) {
  const size = height * width;
  for (let pixel = 0; pixel < size; pixel += 1) {
    for (let band = 0; band < 3; band += 1) {
      let value = palette.paper[band];
      if (levels && channels === 3) {
        value = levels[band * size + pixel];
      } else if (levels) {
        const drawn = levels[pixel] / 255;
        const own = given ? given[pixel] / 255 : drawn;
        value += (palette.write[band] - value) * Math.max(drawn - own, 0);
        value += (palette.ink[band] - value) * own;
      }
      data[4 * pixel + band] = value;
    }
    data[4 * pixel + 3] = 255;
  }
}
