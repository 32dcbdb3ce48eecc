// @ts-check
// Paper to draw on: strokes of points from 0 to 255, with undo and an eraser that takes whole
// strokes. By keyboard, arrows move a pen that the space bar puts down and lifts.

import { button, make } from "./dom.js";
import { paintPen, paintStrokes } from "./ink.js";
import { CANVAS, distance, distanceToSegment, EXTENT, MARGIN } from "./model/strokes.js";

/** @typedef {import("./model/strokes.js").Point} Point */
/** @typedef {import("./model/strokes.js").Stroke} Stroke */

const REACH = 10; // how near the eraser must come
const NEAR = 1.5; // points nearer than this to the last one are left out
const PACE = 6; // how far an arrow key moves the pen
const FINE = 1; // and with Shift
const MOST_PAST = 100;

/** @type {Record<string, Point>} */
const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class Pad {
  /** @type {Stroke[]} */
  strokes = [];
  /** @type {{strokes: Stroke[], example: boolean}[]} */
  past = [];
  /** Whether it is an example that is on it. */
  example = false;
  erasing = false;
  /** @type {number | "keys" | null} What draws or erases now: a pointer, or the keyboard. */
  pen = null;
  before = 0;
  /** @type {Point} Where the keyboard's pen is. */
  cursor = [EXTENT / 2, EXTENT / 2];

  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} tools Where its buttons go.
   * @param {() => void} changed Is called when a stroke ends, or strokes come or go.
   * @param {{stays?: boolean}} [options] Whether an example stays when a visitor begins to draw.
   */
  constructor(root, tools, changed, { stays = false } = {}) {
    this.stays = stays;
    this.root = root;
    this.tools = tools;
    this.changed = changed;
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-roledescription", "paper to draw on");
    this.hint = make("p", { "aria-hidden": "true" });
    root.append(this.canvas, this.hint);
    this.undoButton = this.button("undo", () => this.undo());
    this.eraser = this.button("eraser", () => this.setErasing(!this.erasing));
    this.eraser.setAttribute("aria-pressed", "false");
    this.clearButton = this.button("clear", () => this.clear());
    this.canvas.addEventListener("pointerdown", (event) => this.down(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    this.canvas.addEventListener("pointerup", (event) => this.up(event));
    this.canvas.addEventListener("pointercancel", (event) => this.up(event));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("focus", () => this.paint());
    this.canvas.addEventListener("blur", () => {
      if (this.pen === "keys") this.lift();
      this.paint();
    });
    new ResizeObserver(() => this.paint()).observe(this.canvas);
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
      matchMedia(query).addEventListener("change", () => this.paint());
    }
  }

  /**
   * One more tool.
   *
   * @param {string} name
   * @param {() => void} act
   */
  button(name, act) {
    const made = button(name, act);
    this.tools.append(made);
    return made;
  }

  /** Whether nothing was ever on it. */
  get fresh() {
    return !this.strokes.length && !this.past.length;
  }

  /**
   * Put a drawing on the paper.
   *
   * @param {Stroke[]} strokes
   * @param {{example?: boolean}} [options] Whether it is an example.
   */
  put(strokes, { example = false } = {}) {
    this.lift();
    this.remember();
    this.strokes = strokes.map((stroke) => stroke.slice());
    this.example = example;
    this.setErasing(false);
    this.finish();
  }

  clear() {
    this.lift();
    if (!this.strokes.length) return;
    this.remember();
    this.strokes = [];
    this.setErasing(false);
    this.finish();
  }

  undo() {
    this.lift();
    const last = this.past.pop();
    if (!last) return;
    ({ strokes: this.strokes, example: this.example } = last);
    this.finish();
  }

  /** @param {boolean} erasing */
  setErasing(erasing) {
    this.lift();
    this.erasing = erasing;
    this.eraser.setAttribute("aria-pressed", String(erasing));
    this.root.classList.toggle("erasing", erasing);
  }

  remember() {
    this.past.push({ strokes: this.strokes.slice(), example: this.example });
    if (this.past.length > MOST_PAST) this.past.shift();
  }

  finish() {
    this.paint();
    this.changed();
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.button !== 0 || typeof this.pen === "number") return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.begin(event.pointerId, this.point(event));
  }

  /**
   * Put the pen down.
   *
   * @param {number | "keys"} pen
   * @param {Point} point
   */
  begin(pen, point) {
    this.lift();
    this.pen = pen;
    this.remember();
    this.before = this.strokes.length;
    const { example } = this;
    this.example = false;
    if (this.erasing) {
      this.erase(point);
      return;
    }
    this.strokes = example && !this.stays ? [[point]] : [...this.strokes, [point]];
    this.paint();
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (event.pointerId !== this.pen) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) this.go(this.point(each), NEAR);
    this.paint();
  }

  /**
   * @param {Point} point Where the pen that is down goes.
   * @param {number} near
   */
  go(point, near) {
    if (this.erasing) {
      this.erase(point);
      return;
    }
    const stroke = this.strokes[this.strokes.length - 1];
    if (distance(point, stroke[stroke.length - 1]) >= near) stroke.push(point);
  }

  /** @param {PointerEvent} event */
  up(event) {
    if (event.pointerId === this.pen) this.lift();
  }

  /** End what the pen is drawing or erasing, if it is down: the strokes are about to change. */
  lift() {
    if (this.pen === null) return;
    this.pen = null;
    if (this.erasing && this.strokes.length === this.before) {
      this.past.pop();
      this.paint();
    } else {
      this.finish();
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) {
      const pace = event.shiftKey ? FINE : PACE;
      const [x, y] = [0, 1].map((axis) => onPage(this.cursor[axis] + pace * arrow[axis]));
      this.cursor = [x, y];
      if (this.pen === "keys") this.go(this.cursor, FINE);
    } else if (event.key === " " || event.key === "Enter") {
      if (this.pen === "keys") this.lift();
      else if (this.pen === null) this.begin("keys", this.cursor);
    } else if (event.key === "Escape") {
      if (this.pen === "keys") this.lift();
    } else if (event.key === "Backspace") {
      this.undo();
    } else {
      return;
    }
    event.preventDefault();
    this.paint();
  }

  /** @param {Point} point */
  erase(point) {
    this.strokes = this.strokes.filter((stroke) => !touches(stroke, point));
    this.paint();
  }

  /**
   * @param {PointerEvent} event
   * @returns {Point}
   */
  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const across = ((event.clientX - box.left) / box.width) * CANVAS - MARGIN;
    const down = ((event.clientY - box.top) / box.height) * CANVAS - MARGIN;
    return [Math.round(10 * onPage(across)) / 10, Math.round(10 * onPage(down)) / 10];
  }

  paint() {
    this.undoButton.disabled = !this.past.length;
    this.clearButton.disabled = !this.strokes.length;
    const invitation = this.stays ? "an example: go on with it" : "an example: draw over it";
    this.hint.textContent = this.example ? invitation : "draw here";
    this.hint.hidden = this.strokes.length > 0 && !this.example;
    const count = this.strokes.length;
    const has = count === 1 ? "one stroke" : `${count} strokes`;
    this.canvas.setAttribute(
      "aria-label",
      `Your drawing, ${this.example ? "an example, " : ""}${has}. Arrow keys move the pen, the ` +
        `space bar puts it down or lifts it, Backspace undoes; the pen is ` +
        (this.pen === "keys" ? "down" : "up"),
    );
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    const context = this.canvas.getContext("2d");
    if (!side || !context) return;
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    const colour = getComputedStyle(this.canvas).color;
    paintStrokes(context, this.strokes, colour);
    if (this.canvas.matches(":focus-visible") && typeof this.pen !== "number") {
      paintPen(context, this.cursor, this.pen === "keys");
    }
  }
}

/** @param {number} position */
function onPage(position) {
  return Math.min(Math.max(position, 0), EXTENT);
}

/**
 * @param {Stroke} stroke
 * @param {Point} point
 */
function touches(stroke, point) {
  return stroke.some((start, n) => distanceToSegment(point, start, stroke[n + 1] ?? start) < REACH);
}
