// @ts-check
// Selective attention: an N x N grid of Gaussian filters laid over an image.
//
// A window has a centre, a stride between filters, a width common to all filters, and an intensity.
// Counting pixels and filters from 0, filter i of N looks along one axis of pixels at
//
//     mu_i = centre + (i - (N - 1) / 2) * stride,
//
// with weights over the pixels a that are Gaussian in a - mu_i and sum to 1. Reading takes weighted
// means of the image, writing spreads a patch over the canvas with the same weights.
//
// Axis letters: c channel, h w image, n grid. Arrays are flat, the last axis running fastest.
//
// Source: Gregor et al. 2015, sections 3.2 and 3.3, eqs 19-29.

/** @typedef {readonly [number, number, number]} Shape Channels, height, width. */

/**
 * Where attention lies; lengths in pixels, positions from the centre of pixel 0.
 *
 * @typedef {object} Window
 * @property {number} centreX
 * @property {number} centreY
 * @property {number} stride
 * @property {number} std
 * @property {number} intensity
 */

export const NUM_PARAMETERS = 5;

/**
 * The window that five unbounded numbers stand for.
 *
 * Zeros give the middle of the image, filters of one pixel's width, intensity 1, and a stride with
 * which the first and the last filter sit on the edge pixels of the longer side.
 *
 * Source: eqs 21-24. The paper counts pixels from 1, so its centre (A + 1) / 2 (g~ + 1) is less by
 * 1 here. Eq. 24 divides by N - 1; a single filter has no neighbour, and keeps stride~ times the
 * whole extent, which nothing sees.
 *
 * @param {Float32Array} parameters (5,).
 * @param {number} grid N.
 * @param {number} height
 * @param {number} width
 * @returns {Window}
 */
export function windowFromParameters(
  [x, y, logVariance, logStride, logIntensity],
  grid,
  height,
  width,
) {
  return {
    centreX: ((width + 1) / 2) * (x + 1) - 1,
    centreY: ((height + 1) / 2) * (y + 1) - 1,
    stride: fullStride(grid, height, width) * Math.exp(logStride),
    std: Math.exp(logVariance / 2),
    intensity: Math.exp(logIntensity),
  };
}

/**
 * Pixels between filters that reach over the longer side, from edge pixel to edge pixel.
 *
 * Source: eq. 24, whose stride~ this is a multiple of.
 *
 * @param {number} grid
 * @param {number} height
 * @param {number} width
 */
function fullStride(grid, height, width) {
  return (Math.max(height, width) - 1) / Math.max(grid - 1, 1);
}

/**
 * Gaussian filters along one axis; each row sums to 1.
 *
 * Normalising a Gaussian over the pixels is a softmax of its exponent, so a row far off the image
 * stays finite and leans on the nearest pixel, with no epsilon.
 *
 * Source: eqs 19, 20 (means), 25, 26 (weights).
 *
 * @param {number} centre
 * @param {number} stride
 * @param {number} std
 * @param {number} grid N.
 * @param {number} size Pixels along the axis.
 * @returns {Float32Array} (n, size).
 */
export function filterbank(centre, stride, std, grid, size) {
  const filters = new Float32Array(grid * size);
  for (let i = 0; i < grid; i += 1) {
    const mean = centre + (i - (grid - 1) / 2) * stride;
    const nearest = Math.min(Math.max(Math.round(mean), 0), size - 1);
    const greatest = exponent(nearest, mean, std);
    const row = filters.subarray(i * size, (i + 1) * size);
    let sum = 0;
    for (let a = 0; a < size; a += 1) {
      row[a] = Math.exp(exponent(a, mean, std) - greatest);
      sum += row[a];
    }
    for (let a = 0; a < size; a += 1) row[a] /= sum;
  }
  return filters;
}

/**
 * The vertical and the horizontal filterbank of a window.
 *
 * @param {Window} window
 * @param {number} grid
 * @param {number} height
 * @param {number} width
 * @returns {{filtersY: Float32Array, filtersX: Float32Array}} (n, h) and (n, w).
 */
export function filters({ centreX, centreY, stride, std }, grid, height, width) {
  return {
    filtersY: filterbank(centreY, stride, std, grid, height),
    filtersX: filterbank(centreX, stride, std, grid, width),
  };
}

/**
 * The patches seen through a window, every channel of every image through the same filters.
 *
 * Source: eq. 27, intensity F_Y x F_X^T.
 *
 * @param {Float32Array[]} images Each (c, h, w).
 * @param {Window} window
 * @param {number} grid
 * @param {Shape} shape Of the images.
 * @returns {Float32Array} The patches after one another, (images c, n, n).
 */
export function read(images, window, grid, [channels, height, width]) {
  const { filtersY, filtersX } = filters(window, grid, height, width);
  const patch = new Float32Array(images.length * channels * grid * grid);
  const column = new Float32Array(height); // the image, seen through one horizontal filter
  let place = 0;
  for (const image of images) {
    for (let c = 0; c < channels; c += 1, place += grid * grid) {
      for (let i = 0; i < grid; i += 1) {
        for (let h = 0; h < height; h += 1) {
          let sum = 0;
          const start = (c * height + h) * width;
          for (let w = 0; w < width; w += 1) sum += image[start + w] * filtersX[i * width + w];
          column[h] = sum;
        }
        for (let j = 0; j < grid; j += 1) {
          let sum = 0;
          for (let h = 0; h < height; h += 1) sum += filtersY[j * height + h] * column[h];
          patch[place + j * grid + i] = window.intensity * sum;
        }
      }
    }
  }
  return patch;
}

/**
 * A patch laid on an empty canvas through a window; the adjoint of `read` over intensity squared.
 *
 * Source: eq. 29, F_Y^T w F_X / intensity.
 *
 * @param {Float32Array} patch (c, n, n).
 * @param {Window} window
 * @param {number} grid
 * @param {Shape} shape Of the canvas.
 * @returns {Float32Array} (c, h, w).
 */
export function write(patch, window, grid, [channels, height, width]) {
  const { filtersY, filtersX } = filters(window, grid, height, width);
  const canvas = new Float32Array(channels * height * width);
  const line = new Float32Array(width); // one row of the patch, spread out
  for (let c = 0; c < channels; c += 1) {
    for (let j = 0; j < grid; j += 1) {
      line.fill(0);
      for (let i = 0; i < grid; i += 1) {
        const value = patch[(c * grid + j) * grid + i] / window.intensity;
        for (let w = 0; w < width; w += 1) line[w] += value * filtersX[i * width + w];
      }
      for (let h = 0; h < height; h += 1) {
        const weight = filtersY[j * height + h];
        const start = (c * height + h) * width;
        for (let w = 0; w < width; w += 1) canvas[start + w] += weight * line[w];
      }
    }
  }
  return canvas;
}

/**
 * @param {number} pixel
 * @param {number} mean
 * @param {number} std
 */
function exponent(pixel, mean, std) {
  return -(((pixel - mean) / std) ** 2) / 2;
}
