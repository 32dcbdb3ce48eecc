// @ts-check
// The learned heads: how the decoder's state moves the windows, and what it writes.
//
// Reading gives a flat glimpse of the image and of the error; writing gives logits to add to the
// canvas. Each comes with attention (through a `Window`) or without (the whole image). Reading and
// writing have heads of their own: the two windows move apart.
//
// Arrays are those of several drawings, one each.
//
// Source: Gregor et al. 2015, section 3.1 (no attention), sections 3.2 and 3.3 (attention).

import { read, windowFromParameters, write } from "./attention.js";
import { concatenate } from "./cells.js";

/** @typedef {import("./attention.js").Shape} Shape */
/** @typedef {import("./attention.js").Window} Window */
/** @typedef {import("./linear.js").Linear} Linear */

/** @typedef {{glimpse: Float32Array, window: Window | null}} Glimpse What is seen, and where. */

/**
 * What is added to the canvas, and where; the patch is what the decoder asked to be written.
 *
 * @typedef {{written: Float32Array, patch: Float32Array, window: Window | null}} Writing
 */

/**
 * Sees everything.
 *
 * Source: eq. 17.
 */
export class FullRead {
  /**
   * @param {Float32Array[]} images Each (c, h, w).
   * @param {Float32Array[]} errors Each (c, h, w).
   * @returns {Glimpse[]} Each (2 c h w,), without a window.
   */
  apply(images, errors) {
    return images.map((image, b) => ({ glimpse: concatenate(image, errors[b]), window: null }));
  }
}

/**
 * Sees N x N filter responses of the image and of the error, through one window.
 *
 * Source: eqs 21, 27.
 */
export class AttentiveRead {
  /**
   * @param {Linear} window Eq. 21's W.
   * @param {number} grid N.
   * @param {Shape} shape Of the images.
   */
  constructor(window, grid, shape) {
    this.window = window;
    this.grid = grid;
    this.shape = shape;
  }

  /**
   * @param {Float32Array[]} images Each (c, h, w).
   * @param {Float32Array[]} errors Each (c, h, w).
   * @param {Float32Array[]} hidden Of the decoder, each (d,).
   * @returns {Glimpse[]} Each (2 c n n,).
   */
  apply(images, errors, hidden) {
    const windows = this.windows(hidden);
    return windows.map((window, b) => this.through(window, images[b], errors[b]));
  }

  /**
   * Where the decoder looks next.
   *
   * @param {Float32Array[]} hidden Each (d,).
   * @returns {Window[]}
   */
  windows(hidden) {
    const [, height, width] = this.shape;
    return this.window
      .apply(hidden)
      .map((parameters) => windowFromParameters(parameters, this.grid, height, width));
  }

  /**
   * @param {Window} window
   * @param {Float32Array} image (c, h, w).
   * @param {Float32Array} error (c, h, w).
   * @returns {Glimpse} (2 c n n,).
   */
  through(window, image, error) {
    return { glimpse: read([image, error], window, this.grid, this.shape), window };
  }
}

/**
 * Writes on every pixel.
 *
 * Source: eq. 18.
 */
export class FullWrite {
  /** @param {Linear} patch Gives all logits at once. */
  constructor(patch) {
    this.patch = patch;
  }

  /**
   * @param {Float32Array[]} hidden Of the decoder, each (d,).
   * @returns {Writing[]} Each (c, h, w), without a window.
   */
  apply(hidden) {
    return this.patch.apply(hidden).map((patch) => ({ written: patch, patch, window: null }));
  }
}

/**
 * Writes an N x N patch through a window.
 *
 * Source: eqs 28, 29.
 */
export class AttentiveWrite {
  /**
   * @param {Linear} window Eq. 21's W.
   * @param {Linear} patch Eq. 28's W.
   * @param {number} grid N.
   * @param {Shape} shape Of the canvas.
   */
  constructor(window, patch, grid, shape) {
    this.window = window;
    this.patch = patch;
    this.grid = grid;
    this.shape = shape;
  }

  /**
   * @param {Float32Array[]} hidden Of the decoder, each (d,).
   * @returns {Writing[]} Each (c, h, w), of a patch (c, n, n).
   */
  apply(hidden) {
    const [, height, width] = this.shape;
    const patches = this.patch.apply(hidden);
    return this.window.apply(hidden).map((parameters, b) => {
      const window = windowFromParameters(parameters, this.grid, height, width);
      const written = write(patches[b], window, this.grid, this.shape);
      return { written, patch: patches[b], window };
    });
  }
}
