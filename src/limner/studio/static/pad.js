// Paper to draw on: strokes of points from 0 to 255, with undo and an eraser that takes whole strokes.

const EXTENT = 255;
const MARGIN = 24;
const SIDE = 304; // the canvas of the bitmap recipe
const REACH = 10; // how near the eraser must come
const NEAR = 1.5; // points nearer than this to the last one are left out

export class Pad {
  /** `changed` is called when a stroke ends, or strokes come or go. */
  constructor(root, tools, changed) {
    this.strokes = [];
    this.past = [];
    this.changed = changed;
    this.example = false;
    this.erasing = false;
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", "Paper to draw on");
    root.append(this.canvas);
    this.hint = document.createElement("p");
    this.hint.setAttribute("aria-hidden", "true");
    root.append(this.hint);
    this.root = root;
    this.tools = tools;
    this.addTools();
    for (const [name, handle] of Object.entries({
      pointerdown: this.down,
      pointermove: this.move,
      pointerup: this.up,
      pointercancel: this.up,
    })) {
      this.canvas.addEventListener(name, handle.bind(this));
    }
    new ResizeObserver(() => this.paint()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
  }

  addTools() {
    this.undoButton = this.button("undo", () => this.undo());
    this.eraser = this.button("eraser", () => this.setErasing(!this.erasing));
    this.eraser.setAttribute("aria-pressed", "false");
    this.clearButton = this.button("clear", () => this.clear());
  }

  /** One more tool, and what it does. */
  button(name, act) {
    const element = document.createElement("button");
    element.type = "button";
    element.className = "quiet";
    element.textContent = name;
    element.addEventListener("click", act);
    this.tools.append(element);
    return element;
  }

  /** Whether nothing was ever on it. */
  get fresh() {
    return !this.strokes.length && !this.past.length;
  }

  /** Put a drawing on the paper; it goes when a visitor begins one, unless it is to be kept. */
  put(strokes, { keep = false } = {}) {
    this.lift();
    this.remember();
    this.strokes = strokes.map((stroke) => stroke.map(([x, y]) => [x, y]));
    this.example = !keep;
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
    if (!this.past.length) return;
    ({ strokes: this.strokes, example: this.example } = this.past.pop());
    this.finish();
  }

  setErasing(erasing) {
    this.lift();
    this.erasing = erasing;
    this.eraser.setAttribute("aria-pressed", String(erasing));
    this.root.classList.toggle("erasing", erasing);
  }

  remember() {
    this.past.push({ strokes: this.strokes.slice(), example: this.example });
    if (this.past.length > 100) this.past.shift();
  }

  finish() {
    this.paint();
    this.changed();
  }

  down(event) {
    if (event.button !== 0 || this.pen !== undefined) return;
    event.preventDefault();
    this.pen = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.remember();
    this.before = this.strokes.length;
    const { example } = this;
    this.example = false;
    if (this.erasing) {
      this.erase(this.point(event));
      return;
    }
    if (example) this.strokes = [];
    this.strokes.push([this.point(event)]);
    this.paint();
  }

  move(event) {
    if (event.pointerId !== this.pen) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) {
      const point = this.point(each);
      if (this.erasing) {
        this.erase(point);
        continue;
      }
      const stroke = this.strokes.at(-1);
      if (distance(point, stroke.at(-1)) >= NEAR) stroke.push(point);
    }
    this.paint();
  }

  up(event) {
    if (event.pointerId === this.pen) this.lift();
  }

  /** End what the pen is drawing or erasing, if it is down: the strokes are about to change. */
  lift() {
    if (this.pen === undefined) return;
    this.pen = undefined;
    if (this.erasing && this.strokes.length === this.before) this.past.pop();
    else this.finish();
  }

  erase(point) {
    this.strokes = this.strokes.filter((stroke) => !touches(stroke, point));
    this.paint();
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const place = (at, start, length) => {
      const unit = ((at - start) / length) * SIDE - MARGIN;
      return Math.round(10 * Math.min(Math.max(unit, 0), EXTENT)) / 10;
    };
    return [place(event.clientX, box.left, box.width), place(event.clientY, box.top, box.height)];
  }

  paint() {
    this.undoButton.disabled = !this.past.length;
    this.clearButton.disabled = !this.strokes.length;
    this.hint.textContent = this.example ? "an example: draw over it" : "draw here";
    this.hint.hidden = this.strokes.length > 0 && !this.example;
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    if (!side) return;
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    const context = this.canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, side, side);
    context.setTransform(side / SIDE, 0, 0, side / SIDE, 0, 0);
    context.translate(MARGIN, MARGIN);
    context.lineWidth = 7;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = getComputedStyle(this.canvas).color;
    for (const stroke of this.strokes) {
      context.beginPath();
      context.moveTo(...stroke[0]);
      // Through the middles between points, so that a hand's line has no corners.
      for (let n = 1; n < stroke.length - 1; n += 1) {
        const [x, y] = stroke[n];
        const [nextX, nextY] = stroke[n + 1];
        context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
      }
      context.lineTo(...stroke.at(-1));
      context.stroke();
    }
  }
}

function distance([x, y], [otherX, otherY]) {
  return Math.hypot(x - otherX, y - otherY);
}

function touches(stroke, point) {
  return stroke.some((start, n) => toSegment(point, start, stroke[n + 1] ?? start) < REACH);
}

function toSegment(point, start, end) {
  const along = [end[0] - start[0], end[1] - start[1]];
  const length = along[0] ** 2 + along[1] ** 2;
  const dot = (point[0] - start[0]) * along[0] + (point[1] - start[1]) * along[1];
  const part = length ? Math.min(Math.max(dot / length, 0), 1) : 0;
  return distance(point, [start[0] + part * along[0], start[1] + part * along[1]]);
}
