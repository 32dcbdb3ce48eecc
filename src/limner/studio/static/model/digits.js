// @ts-check
// A drawing as MNIST has its digits: ink that fills a box of 20 in an image of 28 pixels, with its
// centre of mass in the middle.
//
// A drawing that is not done has no centre of mass yet: its page becomes the box, in the middle.
//
// Source: LeCun et al., the description of MNIST. How wide its lines are was measured.

import { checkPage, EXTENT, fitted, inked, largest } from "./strokes.js";

/** @typedef {import("./strokes.js").Point} Point */
/** @typedef {import("./strokes.js").Stroke} Stroke */

// In pixels of an image of 28.
const SIDE = 28;
const BOX = 20;
const PEN = 2.3;
const MIDDLE = 14; // an index: in MNIST the mean of x and of y is 14, not 13.5

const SCALE = (BOX - PEN) / EXTENT;

/**
 * A whole drawing. It is moved by whole pixels, so that its edges are as sharp as in MNIST, and no
 * farther than the image goes.
 *
 * @param {Stroke[]} strokes In any units.
 * @param {number} side Of the image, pixels.
 * @returns {Uint8Array} (side, side), 255 for ink.
 * @throws {RangeError} There is more than a page holds.
 */
export function wholeDigit(strokes, side = SIDE) {
  const drawing = fitted(strokes);
  const unit = side / SIDE;
  const centre = centreOfMass(levels(drawing, [0, 0], side), side);
  const most = largest(drawing).map((extent) => Math.floor(side - (SCALE * extent + PEN) * unit));
  const [right, down] = centre.map((at, axis) =>
    Math.min(Math.max(Math.round(MIDDLE * unit - at), 0), most[axis]),
  );
  return levels(drawing, [right, down], side);
}

/**
 * A drawing that is not done.
 *
 * @param {Stroke[]} strokes On a page from 0 to 255 both ways.
 * @param {number} side Of the image, pixels.
 * @returns {Uint8Array} (side, side), 255 for ink.
 * @throws {RangeError} There is more than a page holds.
 */
export function begunDigit(strokes, side = SIDE) {
  checkPage(strokes);
  const margin = ((SIDE - BOX) / 2 / SIDE) * side;
  return levels(strokes, [margin, margin], side);
}

/**
 * @param {Stroke[]} strokes From 0 to 255 both ways, which is the box.
 * @param {Point} corner Of the box, pixels.
 * @param {number} side Of the image, pixels.
 */
function levels(strokes, [right, down], side) {
  const unit = side / SIDE;
  const placed = strokes.map((stroke) =>
    stroke.map(([x, y]) => {
      const [across, along] = [x, y].map((at) => (SCALE * at + PEN / 2) * unit);
      return /** @type {Point} */ ([right + across, down + along]);
    }),
  );
  return inked(placed, (PEN / 2) * unit, side);
}

/**
 * @param {Uint8Array} image (side, side).
 * @param {number} side
 * @returns {Point} x and y, as indices.
 */
function centreOfMass(image, side) {
  let [ink, x, y] = [0, 0, 0];
  image.forEach((level, pixel) => {
    ink += level;
    x += level * (pixel % side);
    y += level * Math.floor(pixel / side);
  });
  return [x / ink, y / ink];
}
