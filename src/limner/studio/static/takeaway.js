// @ts-check
// What a visitor takes away: files that the page makes, or a link; or goes on with elsewhere.

import { button, make } from "./dom.js";
import { gif } from "./gif.js";
import { fitted } from "./model/strokes.js";
import { FILM, film } from "./movie.js";
import { frames, still } from "./sheet.js";
import { query } from "./state.js";
import { attempt, doing, say } from "./status.js";
import { toFragment } from "./store.js";
import { tracedLines, windowPaths } from "./svg.js";
import { trace } from "./trace.js";

/** @typedef {import("./model/strokes.js").Stroke} Stroke */
/** @typedef {import("./show.js").Show} Show */

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {string} title
 * @property {string} ending
 * @property {(show: Show) => Blob | Promise<Blob>} make
 */

const PACE = { frame: 0.15, last: 2 };
const WAY = { frame: 0.1, last: 0.1 };

/** @type {Record<string, Kind>} */
const KINDS = {
  png: { name: "PNG", title: "A still", ending: "png", make: (show) => png(still(show)) },
  large: {
    name: "large PNG",
    title: "A still, four times as large",
    ending: "png",
    make: (show) => png(still(show, { large: true })),
  },
  gif: {
    name: "GIF",
    title: "An animation, step by step",
    ending: "gif",
    make: (show) => gif(Array.from(frames(show), imageOf), paceOf(show)),
  },
  film: {
    name: "film",
    title: "A film, step by step; it takes as long as it lasts",
    ending: FILM.includes("mp4") ? "mp4" : "webm",
    make: (show) => film(Array.from(frames(show)), paceOf(show)),
  },
  svg: {
    name: "windows",
    title: "The windows’ paths, as SVG",
    ending: "svg",
    make: (show) => text(windowPaths(show), "image/svg+xml"),
  },
  lines: {
    name: "lines",
    title: "The drawings as lines, for a plotter, as SVG",
    ending: "svg",
    make: (show) => text(tracedLines(show), "image/svg+xml"),
  },
  ndjson: {
    name: "strokes",
    title: "Your drawing, simplified, as Quick, Draw! has it (ndjson)",
    ending: "ndjson",
    make: (show) => text(record(show), "application/x-ndjson"),
  },
};

/** @type {Record<string, string>} */
const NAMES = {
  reconstructions: "reconstruction",
  samples: "dreams",
  completions: "endings",
  interpolation: "way",
};

/**
 * @typedef {object} Takeaway
 * @property {() => void} update Bring the row up to what there is to take.
 */

/**
 * The row of things to take away.
 *
 * @param {HTMLElement} root
 * @param {() => Show | null} current What there is to take.
 * @param {(view: string, strokes: Stroke[]) => void} send Opens a view with a drawing.
 * @param {() => Stroke[][]} papers What a visitor drew, for the link.
 * @returns {Takeaway}
 */
export function takeaway(root, current, send, papers) {
  const label = make("span");
  root.append(label);
  /** @type {HTMLButtonElement[]} */
  const buttons = [];
  /** @type {HTMLButtonElement[]} */
  const sends = [];
  /**
   * @param {string} name
   * @param {string} title
   * @param {(show: Show) => unknown} act
   */
  const add = (name, title, act) => {
    const made = button(name, async () => {
      const show = current();
      if (!show) return;
      made.disabled = true;
      await attempt(() => act(show));
      update();
    });
    made.title = title;
    root.append(made);
    return made;
  };
  for (const kind of (root.dataset.takeaway ?? "").split(" ")) {
    if (kind === "film" && !FILM) continue;
    const { name, title } = KINDS[kind];
    const made = add(name, title, (show) => take(kind, show));
    made.dataset.kind = kind;
    buttons.push(made);
  }
  const link = button("link", () => attempt(() => copy(papers())));
  link.title = "The address of these very drawings";
  link.dataset.kind = "link";
  root.append(link);
  for (const view of (root.dataset.send ?? "").split(" ").filter(Boolean)) {
    const name = `→ ${view}`;
    const title = `Open the drawing in ${view.charAt(0).toUpperCase()}${view.slice(1)}`;
    const made = add(name, title, (show) => send(view, strokesOf(show)));
    made.dataset.send = view;
    sends.push(made);
  }
  const update = () => {
    const show = current();
    for (const made of buttons) made.disabled = !show;
    for (const made of sends) made.hidden = show?.count !== 1;
    const one = show?.about.kind !== "reconstructions" && show?.count === 1;
    label.textContent = one ? "Take this one" : "Take away";
  };
  return { update };
}

/**
 * @param {string} kind
 * @param {Show} show
 */
async function take(kind, show) {
  const { make: makeFile, ending } = KINDS[kind];
  doing("Making the file …");
  await new Promise((resolve) => {
    setTimeout(resolve, 20); // so that the words are seen
  });
  const blob = await Promise.resolve(makeFile(show)).finally(() => doing());
  const link = make("a");
  link.href = URL.createObjectURL(blob);
  const name = `limner-${show.about.model.name}-${NAMES[show.about.kind]}`;
  link.download = `${name}${show.factor === 1 ? "" : "-as-ink"}.${ending}`.replace(/[^\w.-]+/g, "-");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** @param {Stroke[][]} papers */
async function copy(papers) {
  const address = `${location.origin}${location.pathname}?${query()}${toFragment(papers)}`;
  // Only pages from this machine, or over TLS, may write to the clipboard.
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(address);
    say("The link is copied.");
  } else {
    history.replaceState(null, "", address);
    say("The link is this page’s address.");
  }
}

/**
 * A drawing as a line of Quick, Draw!'s files, with all the keys that theirs have: the country is
 * the one for an unknown region, and no game has recognised it.
 *
 * @param {Show} show
 */
function record({ about: { strokes = [], model, settings } }) {
  const now = new Date();
  const { categories } = model;
  const word = settings.category || (categories.length === 1 ? categories[0] : "drawing");
  const line = {
    word,
    countrycode: "ZZ",
    timestamp: `${now.toISOString().replace("T", " ").replace("Z", "000")} UTC`,
    recognized: false,
    key_id: String(1000 * now.getTime()),
    drawing: fitted(strokes).map((stroke) => [stroke.map(([x]) => x), stroke.map(([, y]) => y)]),
  };
  return `${JSON.stringify(line)}\n`;
}

/**
 * A drawing to go on with: a visitor's own, or the lines of one that the model made.
 *
 * @param {Show} show Of one drawing.
 */
function strokesOf(show) {
  const { kind, strokes } = show.about;
  return (kind === "reconstructions" && strokes) || trace(show.levels(0), show.shape);
}

/** @param {Show} show */
function paceOf({ about: { kind } }) {
  return kind === "interpolation" ? WAY : PACE;
}

/** @param {HTMLCanvasElement} canvas @returns {ImageData} */
function imageOf(canvas) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** @param {HTMLCanvasElement} canvas @returns {Promise<Blob>} */
function png(canvas) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(blob);
      else reject(new Error("this browser cannot make an image as large as that"));
    });
  });
}

/** @param {string} words @param {string} type */
function text(words, type) {
  return new Blob([words], { type });
}
