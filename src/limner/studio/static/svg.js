// @ts-check
// Drawings as SVG: the windows' paths over faded images, or traced lines for a plotter.
//
// Lengths are pixels of the canvas. A line joins the centres of a window, with a dot for each step;
// squares run through the centres of its outermost filters, darker from step to step.

import { CANVAS, MARGIN } from "./model/strokes.js";
import { LIGHT } from "./pixels.js";
import { balanced, css } from "./sheet.js";
import { trace } from "./trace.js";
import { outline } from "./windows.js";

/** @typedef {import("./show.js").Show} Show */
/** @typedef {import("./windows.js").Square} Square */

const MAT = 4;
const FADED = 0.4;

/**
 * @param {Show} show
 * @returns {string}
 */
export function windowPaths(show) {
  const { image } = show.about;
  const steps = Array.from(show.steps.keys());
  const pages = [];
  if (image) {
    const squares = steps.map((step) => show.reads(0, step));
    pages.push(faded(image, show.shape) + path(squares, show.shape, css(LIGHT.read)));
  }
  for (let index = 0; index < show.count; index += 1) {
    const squares = steps.map((step) => show.writes(index, step));
    pages.push(faded(show.levels(index), show.shape) + path(squares, show.shape, css(LIGHT.write)));
  }
  const reads = image ? " · green: where it reads" : "";
  return laidOut(pages, show, `${show.caption}${reads} · red: where it writes`);
}

/**
 * @param {Show} show
 * @returns {string}
 */
export function tracedLines(show) {
  const [, height, width] = show.shape;
  const pages = Array.from({ length: show.count }, (_, index) => {
    const lines = trace(show.levels(index), show.shape).map((line) => `<path d="${curve(line)}"/>`);
    const scale = Math.max(height, width) / CANVAS;
    return (
      `<g transform="scale(${scale.toFixed(5)}) translate(${MARGIN} ${MARGIN})" stroke="#000"` +
      ` stroke-width="4" stroke-linecap="round" stroke-linejoin="round">${lines.join("")}</g>`
    );
  });
  return laidOut(pages, show, show.caption);
}

/**
 * @param {string[]} pages
 * @param {Show} show
 * @param {string} words
 */
function laidOut(pages, { shape: [, height, width], caption }, words) {
  const columns = balanced(pages.length);
  const [across, down] = [width + 2 * MAT, height + 2 * MAT];
  const size = Math.min(2.5, (columns * across) / (0.6 * words.length));
  const body = pages.map(
    (page, n) =>
      `<svg x="${(n % columns) * across}" y="${2 * size + Math.floor(n / columns) * down}"` +
      ` width="${across}" height="${down}" viewBox="${-MAT} ${-MAT} ${across} ${down}">${page}</svg>`,
  );
  const bottom = 2 * size + Math.ceil(pages.length / columns) * down;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${columns * across} ${bottom}"` +
    ` fill="none"><title>${escaped(caption)}</title>` +
    `<text x="${size / 2}" y="${1.5 * size}" font-size="${size}" font-family="sans-serif"` +
    ` fill="${css(LIGHT.ink)}">${escaped(words)}</text>${body.join("")}</svg>\n`
  );
}

/**
 * An image of one pixel each, paler.
 *
 * @param {Uint8ClampedArray} levels
 * @param {Show["shape"]} shape
 */
function faded(levels, [channels, height, width]) {
  const size = height * width;
  const rects = [`<rect width="${width}" height="${height}" fill="#fff"/>`];
  for (let pixel = 0; pixel < size; pixel += 1) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const fill =
      channels === 3 ? css([0, 1, 2].map((band) => levels[band * size + pixel])) : css(LIGHT.ink);
    const opacity = channels === 3 ? FADED : (FADED * levels[pixel]) / 255;
    if (opacity < 0.01) continue;
    rects.push(
      `<rect x="${x}" y="${y}" width="1" height="1" fill="${fill}" opacity="${opacity.toFixed(2)}"/>`,
    );
  }
  return `<g shape-rendering="crispEdges">${rects.join("")}</g>`;
}

/**
 * The squares, the line and the dots of one drawing's window.
 *
 * @param {(Square | null)[]} squares Of each step; null where there is no attention.
 * @param {Show["shape"]} shape
 * @param {string} colour
 */
function path(squares, shape, colour) {
  const found = squares.filter((square) => square !== null);
  if (!found.length) return "";
  // Positions count from the middle of a pixel, an SVG's from its corner.
  const centres = found.map(({ x, y }) => /** @type {const} */ ([x + 0.5, y + 0.5]));
  const rects = found.map((square, n) => {
    const { left, top, right, bottom } = outline({ ...square, border: 0 }, shape, MAT);
    const opacity = 0.15 + (0.45 * n) / Math.max(found.length - 1, 1);
    return (
      `<rect x="${(left + 0.5).toFixed(2)}" y="${(top + 0.5).toFixed(2)}"` +
      ` width="${(right - left).toFixed(2)}" height="${(bottom - top).toFixed(2)}"` +
      ` opacity="${opacity.toFixed(2)}"/>`
    );
  });
  const dots = centres.map(
    ([x, y]) => `<circle cx="${x.toFixed(2)}" cy="${y.toFixed(2)}" r=".35" fill="${colour}"/>`,
  );
  return (
    `<g stroke="${colour}" stroke-width=".15">${rects.join("")}` +
    `<polyline points="${points(centres)}" stroke-width=".25"/>${dots.join("")}</g>`
  );
}

/** @param {import("./model/strokes.js").Stroke} line A curve through the middles between its points. */
function curve(line) {
  const at = (/** @type {number} */ n) => line[n].map((unit) => unit.toFixed(1)).join(" ");
  const middle = (/** @type {number} */ n) =>
    [0, 1].map((axis) => ((line[n][axis] + line[n + 1][axis]) / 2).toFixed(1)).join(" ");
  const last = line.length - 1;
  const bends = Array.from(
    { length: Math.max(last - 1, 0) },
    (_, n) => `Q${at(n + 1)} ${middle(n + 1)}`,
  );
  return `M${at(0)} ${bends.join("")}L${at(last)}`;
}

/** @param {readonly (readonly [number, number])[]} line */
function points(line) {
  return line.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join(" ");
}

/** @param {string} words */
function escaped(words) {
  return words.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
