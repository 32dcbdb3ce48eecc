// @ts-check
// A window of attention as a square to be drawn: through the centres of its outermost filters, its
// line as wide as they are.

/** @typedef {import("./model/attention.js").Window} Window */
/** @typedef {import("./model/attention.js").Shape} Shape */

/** @typedef {{x: number, y: number, side: number, border: number}} Square Pixels of the image. */

/**
 * @typedef {object} Outline
 * @property {number} left
 * @property {number} top
 * @property {number} right
 * @property {number} bottom
 * @property {number} border
 * @property {boolean} beyond Whether a part of the window lies beyond what is shown.
 */

/**
 * @param {Window | null} window
 * @param {number | null} grid N; null where there is no attention.
 * @returns {Square | null}
 */
export function squareOf(window, grid) {
  if (!window || grid === null) return null;
  const { centreX: x, centreY: y, stride, std } = window;
  return { x, y, side: Math.max((grid - 1) * stride, 1), border: std };
}

/**
 * A square's outline, brought to the edge of the mat where it lies beyond.
 *
 * @param {Square} square
 * @param {Shape} shape Of the image.
 * @param {number} mat How much of the surroundings is shown, pixels.
 * @returns {Outline}
 */
export function outline({ x, y, side, border: width }, [, height, across], mat) {
  // Too thin could not be seen; too thick would hide what the window looks at.
  const border = Math.min(Math.max(width, 0.3), 1.5);
  const [left, right] = within(x, side, across, mat, border);
  const [top, bottom] = within(y, side, height, mat, border);
  const beyond = Math.min(right - left, bottom - top) < side - 0.01;
  return { left, top, right, bottom, border, beyond };
}

/**
 * Both ends of a square along one axis.
 *
 * @param {number} centre
 * @param {number} side
 * @param {number} length Of the image.
 * @param {number} mat
 * @param {number} border
 */
function within(centre, side, length, mat, border) {
  const low = -0.5 - mat + border / 2;
  const high = length - 0.5 + mat - border / 2;
  return [centre - side / 2, centre + side / 2].map((end) => Math.min(Math.max(end, low), high));
}
