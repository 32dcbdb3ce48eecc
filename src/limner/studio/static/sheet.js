// @ts-check
// Pages of drawings with their caption, to be taken away; always in light colours.

import { LIGHT, paint } from "./pixels.js";
import { outline } from "./windows.js";

/** @typedef {import("./model/attention.js").Shape} Shape */
/** @typedef {import("./show.js").Show} Show */
/** @typedef {import("./windows.js").Square} Square */

/**
 * @typedef {object} Tile
 * @property {Uint8ClampedArray} levels
 * @property {Uint8ClampedArray | null} [given] Of these levels, what somebody drew; the rest is red.
 * @property {Square | null} [window]
 * @property {"read" | "write"} [kind] Of the window.
 */

const MAT = 4; // pixels of the image around it
const STILLS = 5; // steps that a still shows
const STRIP = 9;
const ACROSS = { still: 1200, moving: 720 }; // about the width of a page
const LARGE = 4;
const TEXT = 17;
const PAD = 14;

/**
 * A still: the steps of one drawing that was looked at, else the finished drawings.
 *
 * @param {Show} show
 * @param {{large?: boolean}} [options]
 * @returns {HTMLCanvasElement}
 */
export function still(show, { large = false } = {}) {
  const { kind } = show.about;
  const last = show.numSteps - 1;
  /** @type {Tile[]} */
  let tiles;
  if (kind === "reconstructions") {
    const { image } = show.about;
    tiles = image ? [{ levels: image, window: null }] : [];
    for (const step of evenly(STILLS, last)) {
      tiles.push({
        levels: show.levels(0, step),
        window: step < last ? show.writes(0, step) : null,
      });
    }
  } else {
    const shown = kind === "interpolation" ? evenly(STRIP, show.count - 1) : range(show.count);
    tiles = shown.map((index) => ({ levels: show.levels(index), given: show.about.given }));
  }
  return compose(tiles, show, ACROSS.still, large ? LARGE : 1);
}

/**
 * The frames of an animation: step by step with the windows, or the way from one to another.
 *
 * @param {Show} show
 * @returns {Generator<HTMLCanvasElement>}
 */
export function* frames(show) {
  const { kind, given, image } = show.about;
  if (kind === "interpolation") {
    const there = range(show.count);
    for (const index of [...there, ...there.slice(1, -1).reverse()]) {
      yield compose([{ levels: show.levels(index) }], show, ACROSS.moving / 2);
    }
    return;
  }
  for (const step of range(show.numSteps)) {
    const done = step === show.numSteps - 1;
    /** @type {Tile[]} */
    const tiles = range(show.count).map((index) => ({
      levels: show.levels(index, step),
      given,
      window: done ? null : show.writes(index, step),
    }));
    if (image) tiles.unshift({ levels: image, window: show.reads(0, step), kind: "read" });
    yield compose(tiles, show, ACROSS.moving);
  }
}

/**
 * @param {Tile[]} tiles
 * @param {Show} show
 * @param {number} about The width to come near to.
 * @param {number} [larger]
 */
function compose(tiles, { shape, caption }, about, larger = 1) {
  const [, height, width] = shape;
  const [tileWidth, tileHeight] = [width + 2 * MAT, height + 2 * MAT];
  const columns = balanced(tiles.length);
  const rows = Math.ceil(tiles.length / columns);
  const scale = larger * Math.max(2, Math.min(Math.round(about / (columns * tileWidth)), 14));
  const across = columns * tileWidth * scale;
  const context = /** @type {CanvasRenderingContext2D} */ (
    document.createElement("canvas").getContext("2d")
  );
  const size = Math.max(TEXT * larger, 12);
  const pad = PAD * larger;
  const font = `${size}px Newsreader, Georgia, serif`;
  context.font = font;
  const lines = wrapped(context, caption, across - 2 * pad);
  const top = 2 * pad + lines.length * 1.3 * size;
  context.canvas.width = across;
  context.canvas.height = Math.ceil(top + rows * tileHeight * scale);
  context.fillStyle = css(LIGHT.mat);
  context.fillRect(0, 0, across, context.canvas.height);
  context.fillStyle = css(LIGHT.ink);
  context.font = font;
  lines.forEach((line, n) => context.fillText(line, pad, pad + (n + 0.85) * 1.3 * size));
  context.imageSmoothingEnabled = false;
  tiles.forEach((tile, n) => {
    context.setTransform(
      scale,
      0,
      0,
      scale,
      (n % columns) * tileWidth * scale + MAT * scale,
      top + (Math.floor(n / columns) * tileHeight + MAT) * scale,
    );
    drawTile(context, tile, shape);
  });
  return context.canvas;
}

/**
 * @param {CanvasRenderingContext2D} context In pixels of the image.
 * @param {Tile} tile
 * @param {Shape} shape
 */
function drawTile(context, { levels, given = null, window = null, kind = "write" }, shape) {
  const [, height, width] = shape;
  const image = new ImageData(width, height);
  paint(levels, given, shape, LIGHT, image.data);
  const small = document.createElement("canvas");
  Object.assign(small, { width, height });
  small.getContext("2d")?.putImageData(image, 0, 0);
  context.drawImage(small, 0, 0);
  if (!window) return;
  const { left, top, right, bottom, border, beyond } = outline(window, shape, MAT);
  context.strokeStyle = css(LIGHT[kind]);
  context.globalAlpha = beyond ? 0.4 : 0.82;
  context.lineWidth = border;
  context.strokeRect(left + 0.5, top + 0.5, right - left, bottom - top);
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} words
 * @param {number} width
 */
function wrapped(context, words, width) {
  /** @type {string[]} */
  const lines = [];
  for (const word of words.split(" ")) {
    const longer = lines.length ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length && context.measureText(longer).width <= width)
      lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** @param {number} count Tiles; the columns of a page about twice as wide as high, with no gaps. */
export function balanced(count) {
  if (count <= STRIP && count !== 8) return count;
  const [least, most] = [Math.ceil(Math.sqrt(1.5 * count)), Math.floor(Math.sqrt(3 * count))];
  for (let columns = most; columns >= least; columns -= 1)
    if (count % columns === 0) return columns;
  return Math.ceil(Math.sqrt(2 * count));
}

/** @param {readonly number[]} colour */
export function css(colour) {
  return `rgb(${colour.join(" ")})`;
}

/**
 * @param {number} count
 * @param {number} last
 */
function evenly(count, last) {
  const some = Math.min(count, last + 1);
  return range(some).map((n) =>
    Math.round((last * (n + Number(some === 1))) / Math.max(some - 1, 1)),
  );
}

/** @param {number} count */
function range(count) {
  return Array.from({ length: count }, (_, n) => n);
}
