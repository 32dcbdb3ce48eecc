// @ts-check
// Drawings that outlive a reload: in the tab's own storage, or in the fragment of a link.
//
// In a link a drawing is its strokes, rounded to whole units: x and y of one point after another
// with dots between, strokes with tildes, papers with underscores.

/** @typedef {import("./model/strokes.js").Point} Point */
/** @typedef {import("./model/strokes.js").Stroke} Stroke */

/** @type {Stroke[][] | null} What the link to this page holds, until a view takes it. */
let linked = fromFragment(location.hash);

/**
 * @param {string} view
 * @param {Stroke[][]} papers
 */
export function keep(view, papers) {
  try {
    sessionStorage.setItem(`limner ${view}`, JSON.stringify(papers));
  } catch {
    // A frame, or a private window, may have no storage: the drawing then lives as long as the page.
  }
}

/**
 * @param {string} view
 * @returns {Stroke[][] | null}
 */
export function kept(view) {
  if (linked) {
    const papers = linked;
    linked = null;
    return papers;
  }
  try {
    const found = JSON.parse(sessionStorage.getItem(`limner ${view}`) ?? "null");
    return isPapers(found) ? found : null;
  } catch {
    return null;
  }
}

/**
 * A drawing for the end of a link.
 *
 * @param {Stroke[][]} papers
 * @returns {string} Empty where nothing is drawn.
 */
export function toFragment(papers) {
  if (!papers.some((strokes) => strokes.length)) return "";
  const letters = papers
    .map((strokes) => strokes.map((stroke) => stroke.flat().map(Math.round).join(".")).join("~"))
    .join("_");
  return `#drawing=${letters}`;
}

/**
 * @param {string} fragment
 * @returns {Stroke[][] | null} Null where there is no drawing in it.
 */
function fromFragment(fragment) {
  const letters = fragment.match(/^#drawing=([\d.~_]+)$/)?.[1] ?? "";
  if (!letters) return null;
  const papers = letters.split("_").map((paper) =>
    paper === ""
      ? []
      : paper.split("~").map((stroke) => {
          const numbers = stroke.split(".").map(Number);
          return Array.from(
            { length: Math.floor(numbers.length / 2) },
            (_, n) => /** @type {Point} */ ([numbers[2 * n], numbers[2 * n + 1]]),
          );
        }),
  );
  return isPapers(papers) ? papers : null;
}

/**
 * @param {unknown} value
 * @returns {value is Stroke[][]}
 */
function isPapers(value) {
  const isNumber = (/** @type {unknown} */ n) => typeof n === "number" && n >= 0 && n <= 255;
  return (
    Array.isArray(value) &&
    value.every(
      (strokes) =>
        Array.isArray(strokes) &&
        strokes.every(
          (stroke) =>
            Array.isArray(stroke) &&
            stroke.length > 0 &&
            stroke.every(
              (point) => Array.isArray(point) && point.length === 2 && point.every(isNumber),
            ),
        ),
    )
  );
}
