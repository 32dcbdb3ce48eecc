// @ts-check
// A drawing as pen strokes, and the official way from strokes to pixels.
//
// A stroke is a list of (x, y) points, y downwards; a drawing is a list of strokes. Two maps make up
// the Quick, Draw! data set, and both are here:
//
// * `simplify`: strokes in any units to the 0..255 integer strokes of the published files;
// * `rasterise`: simplified strokes to the published grey bitmaps, 255 for ink.
//
// The bitmap recipe is a pen 16 wide with round caps and joins on a canvas of side 256 + 48, scaled
// to the image. A drawing whose largest x is m is moved right by (256 - m)/2, and down likewise:
// this centres a drawing that starts at the origin, and moves any other by half of its shift.
//
// Whole drawings are brought to size as the data were, wherever on the page they were drawn
// (`fitted`). A drawing that is not done stays in its place (`inPlace`), for its size and place say
// what is missing.
//
// Source: the quickdraw-dataset README ("Simplified drawing files") and its issue 19 (the bitmaps).

/** @typedef {readonly [number, number]} Point */
/** @typedef {Point[]} Stroke */

/** The larger extent of a simplified drawing, in canvas units. */
export const EXTENT = 255;
const MOST_POINTS = 10_000;

/** Length of all strokes, in units of which a page has 255: no hand draws a tenth of it. */
const MOST_PAGE_INK = 20_000;

const FRAME = 256; // what a drawing is centred in
export const MARGIN = 24; // around the frame, on each side: the pen's width and half as much again
const PEN = 16;
export const CANVAS = FRAME + 2 * MARGIN; // a page and what is around it
const EPSILON = 2; // how far a thinned stroke may be from the drawn one

// Cairo's own measures, so that the levels are its own.
const FRACTIONS = 256; // of a pixel: all positions are whole numbers of them
const LINES = 15; // across a pixel, along which ink is measured
const MIDDLE = 0.5 - 2 ** -10; // of a line; a hair off, for what ends there ends as in cairo
const TOLERANCE = 0.1; // pixels that a round pen's polygon may fall short of it
const TURN = 2 * Math.PI;

/**
 * Strokes in any units, as a simplified drawing.
 *
 * @param {Stroke[]} strokes
 * @returns {Stroke[]}
 * @throws {RangeError} There are more points, or there is more ink, than a page holds.
 */
export function fitted(strokes) {
  checkPoints(strokes);
  checkInk(strokes, EXTENT / frame(strokes).extent);
  return simplify(strokes);
}

/**
 * Strokes on a page from 0 to 255 both ways, so moved that they are rasterised where they are.
 *
 * The official recipe moves a drawing whose largest x is m by (256 - m) / 2; adding m - 256
 * beforehand undoes it.
 *
 * @param {Stroke[]} strokes
 * @returns {Stroke[]}
 * @throws {RangeError} There are more points, or there is more ink, than a page holds.
 */
export function inPlace(strokes) {
  checkPage(strokes);
  const [right, bottom] = largest(strokes);
  return strokes.map((stroke) => stroke.map(([x, y]) => [x + right - FRAME, y + bottom - FRAME]));
}

/**
 * Strokes in any units to simplified ones: integers from 0 to 255.
 *
 * Moves the drawing to the origin, scales both axes alike so that the larger extent is 255, walks
 * each stroke at steps of one unit and thins it with `ramerDouglasPeucker` at epsilon 2. A dot
 * becomes two equal points, as in the published files.
 *
 * @param {Stroke[]} strokes
 * @returns {Stroke[]}
 */
export function simplify(strokes) {
  checkPoints(strokes);
  const { left, top, extent } = frame(strokes);
  return strokes.map((stroke) => {
    const scaled = stroke.map(
      ([x, y]) =>
        /** @type {Point} */ ([((x - left) / extent) * EXTENT, ((y - top) / extent) * EXTENT]),
    );
    return ramerDouglasPeucker(resample(scaled), EPSILON).map(([x, y]) => [even(x), even(y)]);
  });
}

/**
 * Length of all strokes together, in their own units.
 *
 * @param {Stroke[]} strokes
 */
function inkLength(strokes) {
  let length = 0;
  for (const stroke of strokes) {
    for (let i = 1; i < stroke.length; i += 1) length += distance(stroke[i - 1], stroke[i]);
  }
  return length;
}

/**
 * The points of a stroke that the Ramer-Douglas-Peucker rule keeps.
 *
 * Both ends stay, and every point left out lies within epsilon of the segment that replaces it:
 * distances are to segments, not to the lines through them, so that this holds for strokes that turn
 * back.
 *
 * Source: Ramer (1972); Douglas and Peucker (1973).
 *
 * @param {Stroke} stroke
 * @param {number} epsilon
 * @returns {Stroke}
 */
export function ramerDouglasPeucker(stroke, epsilon) {
  const kept = new Set([0, stroke.length - 1]);
  const spans = [[0, stroke.length - 1]];
  for (let span = spans.pop(); span; span = spans.pop()) {
    const [first, last] = span;
    let farthest = epsilon;
    let middle = null;
    for (let i = first + 1; i < last; i += 1) {
      const away = distanceToSegment(stroke[i], stroke[first], stroke[last]);
      if (away > farthest) [farthest, middle] = [away, i];
    }
    if (middle === null) continue;
    kept.add(middle);
    spans.push([first, middle], [middle, last]);
  }
  return stroke.filter((_, i) => kept.has(i));
}

/**
 * A simplified drawing as a grey image, 255 for ink, as the published bitmaps were made.
 *
 * Strokes are laid over each other one by one, each as even ink: half-covered twice is three
 * quarters covered. A stroke of one point is a dot.
 *
 * @param {Stroke[]} strokes In simplified coordinates.
 * @param {number} side Of the image, pixels.
 * @returns {Uint8Array} (side, side).
 * @throws {RangeError} The drawing leaves the canvas.
 */
export function rasterise(strokes, side = 28) {
  checkPoints(strokes);
  const [right, bottom] = largest(strokes);
  const [across, down] = [right, bottom].map((most) => (FRAME - most) / 2 + MARGIN);
  const scale = side / CANVAS;
  const placed = strokes.map((stroke) =>
    stroke.map(([x, y]) => {
      checkOnCanvas(x + across, y + down);
      return /** @type {Point} */ ([(x + across) * scale, (y + down) * scale]);
    }),
  );
  return inked(placed, (PEN / 2) * scale, side);
}

/**
 * Strokes of a round pen as levels, 255 for ink; what lies outside of the image is left out.
 *
 * @param {Stroke[]} strokes In pixels.
 * @param {number} radius The pen's, pixels.
 * @param {number} side Of the image, pixels.
 * @returns {Uint8Array} (side, side).
 */
export function inked(strokes, radius, side) {
  const ink = new Float64Array(side * side);
  for (const stroke of strokes) {
    const positions = stroke.map(([x, y]) => /** @type {Point} */ ([snapped(x), snapped(y)]));
    coverage(positions, radius, side).forEach((part, place) => {
      ink[place] += part * (1 - ink[place]);
    });
  }
  return Uint8Array.from(ink, (part) => Math.round(255 * part));
}

/**
 * How much of each pixel a round pen covers on its way.
 *
 * Along some lines through each row of pixels, what is covered is known exactly: a pen that goes
 * straight covers one interval of a line. Where all edges go straight through a row, cairo mostly takes
 * it as a whole, more roughly; when it does depends on edges that are covered. The mean of both ways
 * is never far from the one that it takes.
 *
 * @param {Stroke} stroke In pixels; at least one point.
 * @param {number} radius The pen's, pixels.
 * @param {number} side Of the image, pixels.
 * @returns {Float64Array} (side, side), from 0 to 1.
 */
function coverage(stroke, radius, side) {
  /** @type {Interval[][]} */
  const lines = Array.from({ length: side * LINES }, () => []);
  for (let i = 0; i < Math.max(stroke.length - 1, 1); i += 1) {
    const segment = segmentOf(stroke[i], stroke[Math.min(i + 1, stroke.length - 1)], radius);
    const first = Math.max(Math.ceil(segment.top * LINES - MIDDLE), 0);
    const last = Math.min(Math.floor(segment.bottom * LINES - MIDDLE), lines.length - 1);
    for (let line = first; line <= last; line += 1) {
      lines[line].push(crossing((line + MIDDLE) / LINES, segment));
    }
  }
  const covered = new Float64Array(side * side);
  for (let y = 0; y < side; y += 1) {
    const row = covered.subarray(y * side, (y + 1) * side);
    const parts = lines.slice(y * LINES, (y + 1) * LINES).map(merged);
    const edges = straightEdges(parts);
    const share = edges ? 1 / 2 : 1;
    parts.flat().forEach((part) => coverLine(part, row, share));
    edges?.forEach((edge, i) => coverRightOf(edge, row, i % 2 ? -share : share));
  }
  return covered;
}

/**
 * Add what one line of a row of pixels covers of them.
 *
 * @param {Interval} part
 * @param {Float64Array} row
 * @param {number} share What it counts.
 */
function coverLine([from, to], row, share) {
  for (let x = Math.floor(Math.max(from, 0)); x < Math.min(to, row.length); x += 1) {
    row[x] += (share * (Math.min(to, x + 1) - Math.max(from, x))) / LINES;
  }
}

/**
 * The edges of what is covered of a row of pixels, if all of them go straight through it.
 *
 * @param {Interval[][]} parts Of each line.
 * @returns {Edge[] | null} From the left to the right, ink beginning at every other.
 */
function straightEdges(parts) {
  const crossings = parts.map((intervals) => intervals.flat());
  const [first, last] = [crossings[0], crossings[LINES - 1]];
  if (crossings.some(({ length }) => length !== first.length)) return null;
  const slopes = first.map((x, i) => (last[i] - x) / (LINES - 1)); // a line
  const bent = crossings.some((xs, line) =>
    xs.some((x, i) => Math.abs(first[i] + line * slopes[i] - x) > 1 / FRACTIONS),
  );
  if (bent) return null;
  return first.map((x, i) => ({ top: x - slopes[i] / 2, bottom: last[i] + slopes[i] / 2 }));
}

/**
 * Add what lies to the right of an edge to a row of pixels, as cairo counts it: of the lines, those
 * that the edge has crossed when it leaves a pixel, in whole numbers.
 *
 * @param {Edge} edge
 * @param {Float64Array} row
 * @param {number} share What it counts; below 0 to take it away.
 */
function coverRightOf({ top, bottom }, row, share) {
  const [left, right] = [Math.min(top, bottom), Math.max(top, bottom)].map(below);
  const [first, last] = [Math.floor(left), Math.floor(right)];
  let before = 0;
  for (let x = first; x < row.length; x += 1) {
    const crossed = x < last ? Math.floor((LINES * (x + 1 - left)) / (right - left)) : LINES;
    const [from, to] = [x === first ? left - x : 0, x < last ? 1 : right - x];
    const uncovered = x <= last ? ((crossed - before) * (from + to)) / 2 : 0;
    if (x >= 0) row[x] += (share * (crossed - uncovered)) / LINES;
    before = crossed;
  }
}

/** @typedef {{top: number, bottom: number}} Edge Its x at the top and the bottom of a row. */

/** @typedef {[number, number]} Interval Of x, from and to. */

/**
 * What a segment covers of the line at `y`, which it reaches.
 *
 * @param {number} y
 * @param {Segment} segment
 * @returns {Interval}
 */
function crossing(y, { edges }) {
  let [from, to] = [Infinity, -Infinity];
  for (const [[startX, startY], [endX, endY]] of edges) {
    if (Math.min(startY, endY) > y || Math.max(startY, endY) < y) continue;
    const part = startY === endY ? 0 : (y - startY) / (endY - startY);
    const x = startX + part * (endX - startX);
    from = Math.min(from, x);
    to = Math.max(to, x);
  }
  return [from, to];
}

/**
 * What a round pen that goes straight covers: edges that have all of its outline among them, and
 * the y of its first and its last point.
 *
 * @typedef {{edges: [Point, Point][], top: number, bottom: number}} Segment
 */

/**
 * A straight part of a stroke.
 *
 * Cairo's round is a polygon whose corners lie on the circle, as few as `TOLERANCE` lets be, and
 * where the sides of the way begin; the pen covers the hull of those of both ends.
 *
 * @param {Point} start
 * @param {Point} end
 * @param {number} radius The pen's, pixels.
 * @returns {Segment}
 */
function segmentOf(start, end, radius) {
  const across = Math.atan2(end[1] - start[1], end[0] - start[0]) + Math.PI / 2;
  const angles = [...cornersOf(radius), across, across + Math.PI]
    .map((angle) => (angle + TURN) % TURN)
    .sort((a, b) => a - b);
  const [first, second] = [start, end].map(([x, y]) =>
    angles.map((angle) => {
      const right = snapped(radius * Math.cos(angle));
      const down = snapped(radius * Math.sin(angle));
      return /** @type {Point} */ ([x + right, y + down]);
    }),
  );
  /** @type {[Point, Point][]} */
  const edges = [];
  angles.forEach((_, i) => {
    const next = (i + 1) % angles.length;
    // The hull's two sides are among the last of these; the others lie in it.
    edges.push([first[i], first[next]], [second[i], second[next]], [first[i], second[i]]);
  });
  const heights = [...first, ...second].map(([, y]) => y);
  return { edges, top: Math.min(...heights), bottom: Math.max(...heights) };
}

/** @param {number} radius Of a pen, pixels; the angles at which its polygon has corners. */
function cornersOf(radius) {
  const half = Math.acos(Math.max(1 - TOLERANCE / radius, -1));
  const count = Math.max(2 * Math.ceil(Math.PI / half), 4);
  return Array.from({ length: count }, (_, i) => (TURN * i) / count);
}

/** @param {number} length In pixels, to the nearest that cairo counts in. */
function snapped(length) {
  return Math.round(FRACTIONS * length) / FRACTIONS;
}

/** @param {number} length In pixels, to the one below, but for what is rounding here. */
function below(length) {
  return Math.floor(FRACTIONS * length + 1e-6) / FRACTIONS;
}

/**
 * Intervals without overlaps that cover what some cover.
 *
 * @param {Interval[]} intervals
 */
function merged(intervals) {
  /** @type {Interval[]} */
  const apart = [];
  for (const [from, to] of intervals.sort((a, b) => a[0] - b[0])) {
    const before = apart.at(-1);
    if (before && from <= before[1]) before[1] = Math.max(before[1], to);
    else apart.push([from, to]);
  }
  return apart;
}

/**
 * Where a drawing lies, and its larger extent; that of a dot counts as 1.
 *
 * @param {Stroke[]} strokes
 */
function frame(strokes) {
  const [right, bottom] = largest(strokes);
  const [left, top] = largest(strokes.map((s) => s.map(([x, y]) => [-x, -y]))).map((most) => -most);
  return { left, top, extent: Math.max(right - left, bottom - top) || 1 };
}

/**
 * The largest x and the largest y of some strokes.
 *
 * @param {Stroke[]} strokes
 */
export function largest(strokes) {
  let [right, bottom] = [-Infinity, -Infinity];
  for (const [x, y] of strokes.flat()) {
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return [right, bottom];
}

/**
 * The stroke's start, a point at each unit of its length, and its end.
 *
 * @param {Stroke} stroke
 * @returns {Stroke}
 */
function resample(stroke) {
  const walked = [0];
  for (let i = 1; i < stroke.length; i += 1) {
    walked.push(walked[i - 1] + distance(stroke[i - 1], stroke[i]));
  }
  const length = walked[walked.length - 1];
  /** @type {Stroke} */
  const points = [stroke[0]];
  let i = 0;
  for (let stop = 1; stop < length; stop += 1) {
    while (walked[i + 1] <= stop) i += 1;
    const [[x, y], [nextX, nextY]] = [stroke[i], stroke[i + 1]];
    const [width, ahead] = [walked[i + 1] - walked[i], stop - walked[i]];
    points.push([((nextX - x) / width) * ahead + x, ((nextY - y) / width) * ahead + y]);
  }
  points.push(stroke[stroke.length - 1]);
  return points;
}

/**
 * @param {Point} point
 * @param {Point} start
 * @param {Point} end
 */
export function distanceToSegment([x, y], [startX, startY], [endX, endY]) {
  const [alongX, alongY] = [endX - startX, endY - startY];
  const [offsetX, offsetY] = [x - startX, y - startY];
  const square = alongX ** 2 + alongY ** 2;
  const part = square ? (alongX * offsetX + alongY * offsetY) / square : 0;
  const nearest = Math.min(Math.max(part, 0), 1);
  return Math.hypot(offsetX - alongX * nearest, offsetY - alongY * nearest);
}

/**
 * @param {Point} first
 * @param {Point} second
 */
export function distance(first, second) {
  return Math.hypot(second[0] - first[0], second[1] - first[1]);
}

/** @param {number} value To the nearest whole number, halves to the even one. */
function even(value) {
  const below = Math.floor(value);
  const over = value - below;
  if (over === 0.5) return below + (below % 2 === 0 ? 0 : 1);
  return over < 0.5 ? below : below + 1;
}

/**
 * @param {Stroke[]} strokes On a page from 0 to 255 both ways.
 * @throws {RangeError} There is none, one is empty or not finite, or there is more than it holds.
 */
export function checkPage(strokes) {
  checkPoints(strokes);
  checkInk(strokes, 1);
}

/**
 * @param {Stroke[]} strokes
 * @throws {RangeError} There is none, one is empty or not finite, or there are too many points.
 */
function checkPoints(strokes) {
  if (!strokes.length || strokes.some((stroke) => !stroke.length)) {
    throw new RangeError("the drawing has no strokes, or one without points");
  }
  const points = strokes.flat();
  if (points.length > MOST_POINTS) {
    const most = MOST_POINTS.toLocaleString("en");
    throw new RangeError(
      `the drawing has ${points.length.toLocaleString("en")} points: draw with ${most} at most`,
    );
  }
  if (!points.every(([x, y]) => Number.isFinite(x) && Number.isFinite(y))) {
    throw new RangeError("the drawing has a point that is not finite");
  }
}

/**
 * @param {Stroke[]} strokes
 * @param {number} scale
 * @throws {RangeError} There is more ink than a page holds.
 */
function checkInk(strokes, scale) {
  const length = scale * inkLength(strokes);
  if (length > MOST_PAGE_INK) {
    const most = Math.floor(MOST_PAGE_INK / EXTENT);
    throw new RangeError(
      `the strokes are ${Math.round(length / EXTENT)} times as long as the page's side: ` +
        `draw with less ink, at most ${most} times`,
    );
  }
}

/**
 * @param {number} x
 * @param {number} y
 */
function checkOnCanvas(x, y) {
  const [low, high] = [PEN / 2, CANVAS - PEN / 2];
  if (!(Math.min(x, y) >= low && Math.max(x, y) <= high)) {
    throw new RangeError(`the drawing leaves the canvas, made for 0 to ${EXTENT}`);
  }
}
