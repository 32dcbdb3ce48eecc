// @ts-check
// Arrays as pixels. Tones go from paper to ink; signed numbers to blue where they add ink and to
// orange where they take it away, which eyes that do not tell red from green tell apart.

import { make } from "../dom.js";

/** @typedef {readonly [number, number, number]} Shape Channels, height, width. */
/** @typedef {readonly [number, number, number]} Colour Red, green, blue, 0 to 255. */
/** @typedef {"paper" | "ink" | "more" | "less" | "read" | "write"} Name */
/** @typedef {Record<Name, Colour>} Palette */

/**
 * How numbers become colours: of one channel, and each band of three.
 *
 * @typedef {object} Scale
 * @property {(value: number) => Colour} colour
 * @property {(value: number) => number} band
 */

/** @type {Name[]} */
const NAMES = ["paper", "ink", "more", "less", "read", "write"];

/**
 * The colours of the style sheet that hold for an element.
 *
 * @param {Element} element
 * @returns {Palette}
 */
export function paletteOf(element) {
  const style = getComputedStyle(element);
  const context = contextOf(make("canvas"));
  /** @param {Name} name @returns {[Name, Colour]} */
  const entry = (name) => {
    context.fillStyle = style.getPropertyValue(`--${name}`);
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
    return [name, [red, green, blue]];
  };
  return /** @type {Palette} */ (Object.fromEntries(NAMES.map(entry)));
}

/**
 * Tones from 0 (paper) to `most`.
 *
 * @param {Palette} palette
 * @param {Name} [full] The colour of `most`.
 * @param {number} [most]
 * @returns {Scale}
 */
export function tones(palette, full = "ink", most = 1) {
  return {
    colour: (value) => mix(palette.paper, palette[full], value / most),
    band: (value) => (255 * value) / most,
  };
}

/**
 * Signed numbers, from -most to most.
 *
 * @param {Palette} palette
 * @param {number} [most]
 * @returns {Scale}
 */
export function signed(palette, most = 1) {
  return {
    colour: (value) => {
      const { more, less, paper } = palette;
      return mix(paper, value > 0 ? more : less, Math.abs(value) / most);
    },
    band: (value) => 127.5 * (1 + value / most),
  };
}

/**
 * An array as an image that says what is in it.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values (c, h, w); three channels are red, green and blue.
 * @param {Shape} shape
 * @param {Scale} scale
 * @param {string} label
 */
export function paint(canvas, values, [channels, height, width], { colour, band }, label) {
  canvas.width = width;
  canvas.height = height;
  canvas.setAttribute("aria-label", label);
  const image = new ImageData(width, height);
  const size = height * width;
  for (let pixel = 0; pixel < size; pixel += 1) {
    const bands =
      channels === 3 ? [0, 1, 2].map((c) => band(values[c * size + pixel])) : colour(values[pixel]);
    image.data.set([...bands, 255], 4 * pixel);
  }
  contextOf(canvas).putImageData(image, 0, 0);
}

/**
 * The largest of some numbers, whatever their sign; at least a little.
 *
 * @param {Float32Array} values
 */
export function greatest(values) {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
}

/**
 * Rows as columns.
 *
 * @param {Float32Array} values (rows, columns).
 * @param {number} rows
 */
export function transposed(values, rows) {
  const columns = values.length / rows;
  return values.map((_, index) => values[(index % rows) * columns + Math.floor(index / rows)]);
}

/**
 * @param {Colour} from
 * @param {Colour} to
 * @param {number} part Cut to 0 and 1.
 * @returns {Colour}
 */
function mix(from, to, part) {
  const cut = Math.min(Math.max(part, 0), 1);
  /** @param {0 | 1 | 2} band */
  const own = (band) => from[band] + (to[band] - from[band]) * cut;
  return [own(0), own(1), own(2)];
}

/** @param {HTMLCanvasElement} canvas */
function contextOf(canvas) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this browser paints no canvas");
  return context;
}
