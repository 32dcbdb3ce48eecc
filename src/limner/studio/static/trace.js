// @ts-check
// From an image of ink back to strokes: the middle lines of what is inked.
//
// The image is made larger, cut at one half and thinned to lines of one pixel; these are followed
// from their ends and crossings, and what a hand would not draw is left out.
//
// Source: Zhang and Suen, A fast parallel algorithm for thinning digital patterns, 1984.

import { CANVAS, EXTENT, MARGIN, ramerDouglasPeucker } from "./model/strokes.js";

/** @typedef {import("./model/attention.js").Shape} Shape */
/** @typedef {import("./model/strokes.js").Point} Point */
/** @typedef {import("./model/strokes.js").Stroke} Stroke */

const FINER = 4; // positions along a pixel
const SHORTEST = 6; // of a line, in finer positions: what is shorter is a spur
const SMOOTH = 2.5; // units of the page that a line may be moved

/** @type {readonly Point[]} The eight around, in a circle; straight ones at even indices. */
const AROUND = [
  [0, -1],
  [1, -1],
  [1, 0],
  [1, 1],
  [0, 1],
  [-1, 1],
  [-1, 0],
  [-1, -1],
];

/**
 * @param {Uint8ClampedArray} levels Of one channel.
 * @param {Shape} shape
 * @returns {Stroke[]} On a page from 0 to 255 both ways.
 */
export function trace(levels, shape) {
  const [, height, width] = shape;
  const grid = enlarged(levels, height, width);
  thin(grid);
  const unit = CANVAS / (FINER * Math.max(height, width));
  return lines(grid).map((line) =>
    ramerDouglasPeucker(
      line.map(([x, y]) => [onPage(x * unit - MARGIN), onPage(y * unit - MARGIN)]),
      SMOOTH,
    ),
  );
}

/** Ink or none, with paper all around. */
class Grid {
  /** @param {number} width @param {number} height */
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.ink = new Uint8Array((width + 2) * (height + 2));
  }

  /** @param {number} x @param {number} y */
  at(x, y) {
    return (y + 1) * (this.width + 2) + x + 1;
  }

  /** @param {Point} point @returns {Point[]} What is inked around it, straight ones first. */
  neighbours([x, y]) {
    const inked = (/** @type {Point} */ [dx, dy]) => this.ink[this.at(x + dx, y + dy)];
    const straight = AROUND.filter((_, n) => n % 2 === 0).filter(inked);
    // A corner counts only where no straight way leads there.
    const corners = AROUND.filter((_, n) => n % 2).filter(
      ([dx, dy]) => inked([dx, dy]) && !inked([dx, 0]) && !inked([0, dy]),
    );
    return [...straight, ...corners].map(([dx, dy]) => [x + dx, y + dy]);
  }
}

/**
 * @param {Uint8ClampedArray} levels
 * @param {number} height
 * @param {number} width
 */
function enlarged(levels, height, width) {
  const grid = new Grid(FINER * width, FINER * height);
  const level = (/** @type {number} */ x, /** @type {number} */ y) =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : levels[y * width + x];
  for (let y = 0; y < grid.height; y += 1) {
    for (let x = 0; x < grid.width; x += 1) {
      const [across, down] = [(x + 0.5) / FINER - 0.5, (y + 0.5) / FINER - 0.5];
      const [left, top] = [Math.floor(across), Math.floor(down)];
      const [a, b] = [across - left, down - top];
      const upper = level(left, top) * (1 - a) + level(left + 1, top) * a;
      const lower = level(left, top + 1) * (1 - a) + level(left + 1, top + 1) * a;
      grid.ink[grid.at(x, y)] = Number(upper * (1 - b) + lower * b >= EXTENT / 2);
    }
  }
  return grid;
}

/** @param {Grid} grid Is thinned until nothing more can go. */
function thin(grid) {
  const { ink, width, height } = grid;
  const around = AROUND.map(([dx, dy]) => dy * (width + 2) + dx);
  for (let quiet = 0, turn = 0; quiet < 2; turn = 1 - turn) {
    const gone = [];
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const at = grid.at(x, y);
        if (!ink[at]) continue;
        const near = around.map((step) => ink[at + step]);
        const count = near.reduce((sum, one) => sum + one, 0);
        const turns = near.filter((one, n) => !one && near[(n + 1) % 8]).length;
        const [up, , right, , down, , left] = near;
        const side = turn
          ? up * right * left || up * down * left
          : up * right * down || right * down * left;
        if (count >= 2 && count <= 6 && turns === 1 && !side) gone.push(at);
      }
    }
    for (const at of gone) ink[at] = 0;
    quiet = gone.length ? 0 : quiet + 1;
  }
}

/**
 * Lines of one pixel as lists of points, from ends and crossings first, then closed ones.
 *
 * @param {Grid} grid
 * @returns {Stroke[]}
 */
function lines(grid) {
  /** @type {Point[]} */
  const points = [];
  for (let y = 0; y < grid.height; y += 1) {
    for (let x = 0; x < grid.width; x += 1) if (grid.ink[grid.at(x, y)]) points.push([x, y]);
  }
  const degree = new Map(points.map((point) => [key(point), grid.neighbours(point).length]));
  const isNode = (/** @type {Point} */ point) => degree.get(key(point)) !== 2;
  /** @type {Set<string>} Ways between two points that were taken. */
  const taken = new Set();
  /** @type {Stroke[]} */
  const found = [];
  const follow = (/** @type {Point} */ start, /** @type {Point} */ next) => {
    /** @type {Stroke} */
    const line = [start];
    for (let [from, to] = [start, next]; ;) {
      taken.add(`${key(from)} ${key(to)}`).add(`${key(to)} ${key(from)}`);
      line.push(to);
      if (isNode(to)) break;
      const on = grid.neighbours(to).find((point) => !taken.has(`${key(to)} ${key(point)}`));
      if (!on) break;
      [from, to] = [to, on];
    }
    const loose = [line[0], line[line.length - 1]].some((end) => degree.get(key(end)) === 1);
    if (line.length >= SHORTEST || !loose) found.push(line);
  };
  for (const point of [...points.filter(isNode), ...points]) {
    if (!degree.get(key(point))) found.push([point]);
    for (const next of grid.neighbours(point)) {
      if (!taken.has(`${key(point)} ${key(next)}`)) follow(point, next);
    }
  }
  return joined(found.map((line) => line.map(([x, y]) => [x + 0.5, y + 0.5])));
}

/**
 * Lines that go on where others end, put together as a hand would: each with the one that bends
 * least.
 *
 * @param {Stroke[]} found
 */
function joined(found) {
  const left = [...found].sort((a, b) => b.length - a.length);
  /** @type {Stroke[]} */
  const whole = [];
  for (let line = left.shift(); line; line = left.shift()) {
    for (const _ of [0, 1]) {
      for (let next = best(line, left); next; next = best(line, left)) {
        left.splice(left.indexOf(next.line), 1);
        line = [...line, ...(next.turned ? [...next.line].reverse() : next.line).slice(1)];
      }
      line = [...line].reverse();
    }
    whole.push(line);
  }
  return whole;
}

/**
 * @param {Stroke} line
 * @param {Stroke[]} others
 */
function best(line, others) {
  const end = line[line.length - 1];
  let found = null;
  let straightest = 0; // a sharper bend than a right angle is another stroke
  for (const other of others) {
    for (const turned of [false, true]) {
      const way = turned ? [...other].reverse() : other;
      if (key(way[0]) !== key(end) || way.length < 2 || line.length < 2) continue;
      const along = cosine(
        line[Math.max(line.length - 6, 0)],
        end,
        way[Math.min(5, way.length - 1)],
      );
      if (along > straightest) [straightest, found] = [along, { line: other, turned }];
    }
  }
  return found;
}

/** @param {Point} from @param {Point} over @param {Point} to */
function cosine([fromX, fromY], [x, y], [toX, toY]) {
  const [a, b, c, d] = [x - fromX, y - fromY, toX - x, toY - y];
  return (a * c + b * d) / (Math.hypot(a, b) * Math.hypot(c, d) || 1);
}

/** @param {Point} point */
function key([x, y]) {
  return `${x},${y}`;
}

/** @param {number} position */
function onPage(position) {
  return Math.round(10 * Math.min(Math.max(position, 0), EXTENT)) / 10;
}
