// @ts-check
// Strokes on paper, and the pen that the keyboard moves.

import { CANVAS, distance, MARGIN } from "./model/strokes.js";

/** @typedef {import("./model/strokes.js").Point} Point */
/** @typedef {import("./model/strokes.js").Stroke} Stroke */

const LINE = 7;
const ARM = { up: 14, down: 8 }; // of the pen's cross

/**
 * Paint strokes on a canvas that is empty then.
 *
 * @param {CanvasRenderingContext2D} context Of a square canvas; in units of the page afterwards.
 * @param {Stroke[]} strokes
 * @param {string} colour
 */
export function paintStrokes(context, strokes, colour) {
  const side = context.canvas.width;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, side, side);
  context.setTransform(side / CANVAS, 0, 0, side / CANVAS, 0, 0);
  context.translate(MARGIN, MARGIN);
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = LINE;
  for (const stroke of strokes) paintStroke(context, stroke);
}

/**
 * @param {CanvasRenderingContext2D} context In units of the page.
 * @param {Point} at
 * @param {boolean} down
 */
export function paintPen(context, [x, y], down) {
  const arm = down ? ARM.down : ARM.up;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x - arm, y);
  context.lineTo(x + arm, y);
  context.moveTo(x, y - arm);
  context.lineTo(x, y + arm);
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context In units of the page.
 * @param {Stroke} stroke
 */
function paintStroke(context, stroke) {
  const [startX, startY] = stroke[0];
  context.beginPath();
  if (stroke.every((point) => distance(point, stroke[0]) === 0)) {
    // A line of no length would not be drawn.
    context.arc(startX, startY, LINE / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  context.moveTo(startX, startY);
  // Through the middles between points, so that a hand's line has no corners.
  for (let n = 1; n < stroke.length - 1; n += 1) {
    const [x, y] = stroke[n];
    const [nextX, nextY] = stroke[n + 1];
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  const [endX, endY] = stroke[stroke.length - 1];
  context.lineTo(endX, endY);
  context.stroke();
}
