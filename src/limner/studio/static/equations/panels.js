// @ts-check
// The panels of one step: what is read, seen, drawn from, written, and what comes of it.

import { make, makeSvg, setAttributes } from "../dom.js";
import { sigmoid } from "../model/distributions.js";
import { greatest, paint, signed, tones, transposed } from "./paint.js";

/** @typedef {import("../model/attention.js").Window} Window */
/** @typedef {import("../model/inspection.js").Filters} Filters */
/** @typedef {import("../model/inspection.js").Inspection} Inspection */
/** @typedef {Inspection["steps"][number]} Inspected */
/** @typedef {import("./paint.js").Palette} Palette */
/** @typedef {import("./paint.js").Shape} Shape */
/** @typedef {import("./words.js").Words} Words */

/**
 * The frame of a panel: title, contents, equation and sentence.
 *
 * @param {string} name
 * @param {Words} words
 * @param {...Node} contents
 */
export function panel(name, { title, numbers, equation, sentence }, ...contents) {
  const formula = make("p", { class: "equation" });
  formula.innerHTML = equation;
  const many = /\D/.test(numbers);
  return make(
    "section",
    { class: `panel ${name}`, "aria-label": title },
    make("h3", {}, title, " ", make("small", {}, `${many ? "eqs" : "eq."} ${numbers}`)),
    make("div", { class: "contents" }, ...contents),
    formula,
    make("p", { class: "sentence" }, sentence),
  );
}

/**
 * A canvas with its caption.
 *
 * @param {Shape} shape
 * @param {string} [caption]
 */
function plate([, height, width], caption = "") {
  const canvas = make("canvas", { role: "img", width, height });
  const words = make("figcaption", {}, caption);
  const frame = make("div", { class: "frame" }, canvas);
  return { root: make("figure", {}, frame, words), canvas, frame, words };
}

/**
 * The error image, eq. 3.
 *
 * @param {Words} words
 * @param {Shape} shape
 */
export function errorPanel(words, shape) {
  const { root, canvas } = plate(shape);
  return {
    root: panel("error", words, root),
    /** @param {Inspected} step @param {Palette} palette */
    show({ error }, palette) {
      const [missing, over] = [1, -1].map(
        (sign) => error.filter((value) => sign * value > 0.25).length / error.length,
      );
      const label = `Error image: ${percent(missing)} of the pixels lack ink, ${percent(over)} have too much`;
      paint(canvas, error, shape, signed(palette), label);
    },
  };
}

/**
 * The image, the reading grid on it, and the filterbanks beside it, eqs 19-26.
 *
 * @param {Words} words
 * @param {Shape} shape
 * @param {number | null} grid
 */
export function windowPanel(words, shape, grid) {
  const looking = filtered(shape, grid, "read");
  return {
    root: panel("window", words, looking.root),
    /** @param {Inspected} step @param {Palette} palette @param {Float32Array} image */
    show({ readWindow, readFilters }, palette, image) {
      const label = `The image${readWindow ? `, read through ${spoken(readWindow, grid)}` : ""}`;
      paint(looking.canvas, image, shape, tones(palette), label);
      looking.show(readWindow, readFilters, palette);
    },
  };
}

/**
 * The glimpse of image and error, eq. 27 or 17.
 *
 * @param {Words} words
 * @param {Shape} shape
 * @param {number | null} grid
 */
export function glimpsePanel(words, [channels, height, width], grid) {
  /** @type {Shape} */
  const shape = grid === null ? [channels, height, width] : [channels, grid, grid];
  const ofImage = plate(shape, "image");
  const ofError = plate(shape, "error");
  const size = shape[0] * shape[1] * shape[2];
  return {
    root: panel("glimpse", words, ofImage.root, ofError.root),
    /** @param {Inspected} step @param {Palette} palette */
    show({ glimpse, readWindow }, palette) {
      if (!glimpse) return;
      const intensity = readWindow?.intensity ?? 1;
      const what = `${shape[1]} by ${shape[2]} pixels`;
      const image = glimpse.subarray(0, size);
      const error = glimpse.subarray(size);
      const [tone, change] = [tones(palette, "ink", intensity), signed(palette, intensity)];
      paint(ofImage.canvas, image, shape, tone, `Glimpse of the image, ${what}`);
      paint(ofError.canvas, error, shape, change, `Glimpse of the error, ${what}`);
    },
  };
}

/**
 * The patch, eq. 28 or 18.
 *
 * @param {Words} words
 * @param {Shape} shape
 * @param {number | null} grid
 */
export function patchPanel(words, [channels, height, width], grid) {
  /** @type {Shape} */
  const shape = grid === null ? [channels, height, width] : [channels, grid, grid];
  const { root, canvas } = plate(shape);
  return {
    root: panel("patch", words, root),
    /** @param {Inspected} step @param {Palette} palette */
    show({ patch }, palette) {
      const label = `Patch, ${shape[1]} by ${shape[2]}: ${balance(patch)}`;
      paint(canvas, patch, shape, signed(palette, greatest(patch)), label);
    },
  };
}

/**
 * The canvas before, what is added, and the canvas after, eqs 8 and 29.
 *
 * @param {Words} words
 * @param {Shape} shape
 * @param {number | null} grid
 */
export function canvasPanel(words, shape, grid) {
  const before = plate(shape, "before");
  const added = filtered(shape, grid, "write");
  const after = plate(shape, "after");
  const sign = (/** @type {string} */ text) => make("span", { class: "sign" }, text);
  return {
    root: panel("canvas", words, before.root, sign("+"), added.root, sign("="), after.root),
    /** @param {Inspected} step @param {Palette} palette */
    show({ before: logits, written, canvas, writeWindow, writeFilters }, palette) {
      const ink = tones(palette);
      paint(before.canvas, probabilities(logits), shape, ink, inked("Canvas before", logits));
      const where = writeWindow ? `, through ${spoken(writeWindow, grid)}` : "";
      const label = `What is added to the logits: ${balance(written)}${where}`;
      paint(added.canvas, written, shape, signed(palette, greatest(written)), label);
      added.show(writeWindow, writeFilters, palette);
      paint(after.canvas, probabilities(canvas), shape, ink, inked("Canvas after", canvas));
    },
  };
}

/**
 * The last canvas by the network alone and with a hand in it, and what each costs, eqs 9-12.
 *
 * @param {Words} words
 * @param {Shape} shape
 */
export function resultPanel(words, shape) {
  const alone = plate(shape);
  const handed = plate(shape);
  handed.frame.append(make("span", { class: "invitation" }, "drag a dot of a latent"));
  /** @type {(of: ReturnType<typeof plate>, inspection: Inspection, who: string, palette: Palette) => void} */
  const end = (of, { steps, distortion }, who, palette) => {
    const { canvas } = steps[steps.length - 1];
    const rate = steps.flatMap(({ rates }) => [...rates]).reduce((sum, part) => sum + part, 0);
    paint(of.canvas, probabilities(canvas), shape, tones(palette), inked(`Drawn ${who}`, canvas));
    of.words.replaceChildren(
      make("strong", {}, who),
      make("span", {}, `${distortion.toFixed(1)} + ${rate.toFixed(1)}`),
      make("span", {}, `= ${(distortion + rate).toFixed(1)} nats`),
    );
  };
  return {
    root: panel("result", words, alone.root, handed.root),
    /** @param {Inspection} own @param {Inspection | null} byHand @param {Palette} palette */
    show(own, byHand, palette) {
      end(alone, own, "by itself", palette);
      handed.root.classList.toggle("empty", !byHand);
      if (byHand) end(handed, byHand, "with your hand", palette);
      else {
        handed.words.replaceChildren(make("strong", {}, "with your hand"));
        handed.canvas.setAttribute("aria-label", "Nothing is taken by hand");
      }
    },
  };
}

/**
 * A canvas with a window's filters on it and beside it, aligned with its axes.
 *
 * @param {Shape} shape
 * @param {number | null} grid
 * @param {"read" | "write"} kind
 */
function filtered(shape, grid, kind) {
  const { root, canvas, frame } = plate(shape);
  const [, height, width] = shape;
  if (grid === null) return { root, canvas, show: () => {} };
  const dots = Array.from({ length: grid * grid }, () => makeSvg("circle", { class: "dot" }));
  // What is read is seen through circles; what is written must not be hidden by them.
  const circles = kind === "read" ? dots.map(() => makeSvg("circle")) : [];
  const edge = makeSvg("rect");
  const box = [-0.5, -0.5, width, height].join(" ");
  frame.append(makeSvg("svg", { viewBox: box, "aria-hidden": "true" }, edge, ...circles, ...dots));
  const columns = make("canvas", { role: "img" });
  const rows = make("canvas", { role: "img" });
  const letter = kind === "read" ? "F" : "F\u0302";
  const named = (/** @type {string} */ arrow, /** @type {string} */ axis) =>
    make("span", {}, `${arrow} `, make("i", {}, letter), make("sub", {}, axis));
  const figure = make(
    "figure",
    { class: `filtered ${kind}` },
    frame,
    make("div", { class: "beside-frame" }, rows),
    make("div", { class: "below-frame" }, columns),
    make("div", { class: "banks", "aria-hidden": "true" }, named("↑", "Y"), named("←", "X")),
  );
  return {
    root: figure,
    canvas,
    /** @type {(window: Window | null, filters: Filters | null, palette: Palette) => void} */
    show(window, filters, palette) {
      if (!window || !filters) return;
      const { centreX, centreY, stride, std } = window;
      const reach = ((grid - 1) / 2) * stride;
      dots.forEach((dot, index) => {
        const cx = centreX + (index % grid) * stride - reach;
        const cy = centreY + Math.floor(index / grid) * stride - reach;
        setAttributes(dot, { cx, cy, r: Math.min(0.35, stride / 5) });
        if (circles.length) setAttributes(circles[index], { cx, cy, r: std });
      });
      const side = 2 * (reach + std);
      const [x, y] = [centreX - side / 2, centreY - side / 2];
      setAttributes(edge, { x, y, width: side, height: side });
      const scale = tones(palette, kind, greatest(filters.filtersX));
      const label = `Filters over the columns of pixels, a row for each of ${grid}`;
      paint(columns, filters.filtersX, [1, grid, width], scale, label);
      const across = transposed(filters.filtersY, grid);
      const other = tones(palette, kind, greatest(filters.filtersY));
      paint(
        rows,
        across,
        [1, height, grid],
        other,
        label.replace("columns", "rows").replace("row for", "column for"),
      );
    },
  };
}

/** @param {Float32Array} logits */
function probabilities(logits) {
  return logits.map(sigmoid);
}

/** @type {(what: string, logits: Float32Array) => string} */
function inked(what, logits) {
  const drawn = probabilities(logits).filter((value) => value > 0.5).length;
  return `${what}: ${percent(drawn / logits.length)} of the pixels are ink`;
}

/** @param {Float32Array} changes */
function balance(changes) {
  const more = changes.filter((value) => value > 0).length / changes.length;
  return `${percent(more)} of it add ink, the rest takes ink away`;
}

/** @type {(window: Window, grid: number | null) => string} */
function spoken({ centreX, centreY, stride, std }, grid) {
  return (
    `${grid} by ${grid} filters around column ${centreX.toFixed(0)}, row ${centreY.toFixed(0)}, ` +
    `${stride.toFixed(1)} pixels apart and ${std.toFixed(1)} wide`
  );
}

/** @param {number} part */
function percent(part) {
  return `${Math.round(100 * part)} %`;
}
