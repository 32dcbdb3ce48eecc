// @ts-check
// An image with a window over it, on the page.

import { makeSvg } from "./dom.js";
import { paint } from "./pixels.js";
import { outline } from "./windows.js";

/** @typedef {import("./model/attention.js").Shape} Shape */
/** @typedef {import("./pixels.js").Palette} Palette */
/** @typedef {import("./windows.js").Square} Square */

/** @type {Palette} */
let palette;
/** @type {Set<Plate>} */
const plates = new Set();

function readPalette() {
  const styles = getComputedStyle(document.documentElement);
  const [paper, ink, write, read, mat] = ["paper", "ink", "write", "read", "mat"].map((name) => {
    const hex = styles.getPropertyValue(`--${name}`).trim().slice(1);
    return [0, 2, 4].map((start) => Number.parseInt(hex.slice(start, start + 2), 16));
  });
  palette = { paper, ink, write, read, mat };
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  readPalette();
  for (const plate of plates) plate.paint();
});

export class Plate {
  /** @type {Shape} */
  shape = [0, 0, 0];
  /** @type {Uint8ClampedArray | null} */
  levels = null;
  /** @type {Uint8ClampedArray | null} */
  given = null;

  /**
   * @param {HTMLElement} root
   * @param {{mat?: number}} [options] How much of the surroundings is shown, pixels of the image.
   */
  constructor(root, { mat = 0 } = {}) {
    if (!palette) readPalette();
    this.root = root;
    this.mat = mat;
    this.canvas = document.createElement("canvas");
    this.overlay = makeSvg("svg", { "aria-hidden": "true" });
    this.rect = makeSvg("rect");
    this.overlay.append(this.rect);
    root.append(this.canvas, this.overlay);
    root.style.setProperty("--edge", String(mat));
    plates.add(this);
    this.resize([1, 28, 28]);
  }

  /** @param {Shape} shape Of the images that follow. */
  resize(shape) {
    if (String(shape) === String(this.shape)) return;
    const [, height, width] = shape;
    const [across, down] = [width + 2 * this.mat, height + 2 * this.mat];
    this.shape = shape;
    this.canvas.width = width;
    this.canvas.height = height;
    this.root.style.setProperty("--across", String(across));
    this.root.style.setProperty("--down", String(down));
    this.overlay.setAttribute("viewBox", `${-0.5 - this.mat} ${-0.5 - this.mat} ${across} ${down}`);
    this.clear();
  }

  /**
   * Show levels of ink; those of `given` in ink, what goes beyond them in red.
   *
   * @param {Uint8ClampedArray | null} levels
   * @param {Uint8ClampedArray | null} [given]
   */
  show(levels, given = null) {
    this.levels = levels;
    this.given = given;
    this.paint();
  }

  clear() {
    this.show(null);
    this.window(null);
  }

  paint() {
    const [, height, width] = this.shape;
    const image = new ImageData(width, height);
    paint(this.levels, this.given, this.shape, palette, image.data);
    this.canvas.getContext("2d")?.putImageData(image, 0, 0);
  }

  /**
   * Lay a window over the image.
   *
   * @param {Square | null} square Null takes it off.
   * @param {"read" | "write"} [kind]
   */
  window(square, kind = "write") {
    if (!square) {
      this.rect.setAttribute("class", "off");
      return;
    }
    const { left, top, right, bottom, border, beyond } = outline(square, this.shape, this.mat);
    this.rect.setAttribute("class", beyond ? `${kind} beyond` : kind);
    this.rect.setAttribute("x", String(left));
    this.rect.setAttribute("y", String(top));
    this.rect.setAttribute("width", String(Math.max(right - left, 0.1)));
    this.rect.setAttribute("height", String(Math.max(bottom - top, 0.1)));
    this.rect.style.strokeWidth = String(border);
  }

  /** @param {string} words What is in it, for those who do not see it. */
  name(words) {
    this.root.setAttribute("aria-label", words);
  }
}
