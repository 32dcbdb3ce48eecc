// @ts-check
// What is said of each panel: its equation, the equation's numbers, and one sentence.
//
// Equations are HTML of our own; numbers are those of Gregor et al. 2015.

/**
 * @typedef {object} Words
 * @property {string} title
 * @property {string} numbers Of the equations.
 * @property {string} equation HTML.
 * @property {string} sentence
 */

/** @typedef {"error" | "window" | "glimpse" | "latents" | "patch" | "canvas" | "result"} PanelName */

/** The parts of a step in their order, and the panels that belong to each. */
export const PARTS = /** @type {const} */ ([
  { name: "read", panels: ["error", "window", "glimpse"] },
  { name: "encode", panels: ["latents"] },
  { name: "sample", panels: ["latents"] },
  { name: "decode", panels: ["patch"] },
  { name: "write", panels: ["canvas"] },
]);

const PREVIOUS = "<sub>t−1</sub>";
const NOW = "<sub>t</sub>";
const HAT = (/** @type {string} */ letter) => `<i>${letter}\u0302</i>`;

/**
 * The words for a network.
 *
 * @param {object} model
 * @param {number | null} model.read_grid
 * @param {number | null} model.write_grid
 * @param {boolean} model.learned_prior
 * @returns {Record<PanelName, Words>}
 */
export function wordsOf({ read_grid: read, write_grid: write, learned_prior: learned }) {
  return {
    error: {
      title: "What is missing",
      numbers: "3",
      equation: `${HAT("x")}${NOW} = <i>x</i> − σ(<i>c</i>${PREVIOUS})`,
      sentence: "Blue is ink still to draw, orange is ink too much.",
    },
    window:
      read === null
        ? {
            title: "Where it looks",
            numbers: "17",
            equation: "<i>read</i> = [<i>x</i>, x̂]",
            sentence: "This network has no window: it looks at every pixel at once.",
          }
        : {
            title: "Where it looks",
            numbers: "19–26",
            equation: `<i>F<sub>X</sub></i>[<i>i</i>, <i>a</i>] ∝ exp(−(<i>a</i> − <i>μ<sub>i</sub></i>)² / 2<i>σ</i>²)`,
            sentence: "The strips show where each of the soft filters (circles) looks.",
          },
    glimpse:
      read === null
        ? {
            title: "What it sees",
            numbers: "4, 17",
            equation: `<i>r</i>${NOW} = [<i>x</i>, ${HAT("x")}${NOW}]`,
            sentence: "All of the image and all of the error go to the encoder.",
          }
        : {
            title: "What it sees",
            numbers: "4, 27",
            equation: `<i>r</i>${NOW} = <i>γ</i> [<i>F<sub>Y</sub> x F<sub>X</sub></i><sup>T</sup>, <i>F<sub>Y</sub></i> ${HAT("x")}${NOW} <i>F<sub>X</sub></i><sup>T</sup>]`,
            sentence: `This is all it gets to see now: ${read}\u00a0×\u00a0${read} soft pixels of each.`,
          },
    latents: {
      title: "What it makes of it",
      numbers: "1, 2, 5, 6, 10, 11",
      equation: `<i>z</i>${NOW} ~ <i>Q</i>(<i>Z</i>${NOW} | <i>h</i>${NOW}<sup>enc</sup>) = N(<i>μ</i>${NOW}, <i>σ</i>${NOW}²)`,
      sentence: `The encoder says where each latent should lie (bar: mean ± std), chance picks a value in it (dot), and a bar unlike ${
        learned ? "what the decoder expects" : "N(0, 1)"
      } (grey band) costs nats (below).`,
    },
    patch: {
      title: "What it adds",
      numbers: write === null ? "7, 18" : "7, 28",
      equation: `<i>w</i>${NOW} = <i>W</i>(<i>h</i>${NOW}<sup>dec</sup>)`,
      sentence:
        write === null
          ? "The latents become a change of every pixel: blue adds ink, orange takes it away."
          : "The latents become a stamp: blue adds ink, orange takes it away.",
    },
    canvas: {
      title: "How it lands on the canvas",
      numbers: write === null ? "8, 18" : "8, 29",
      equation:
        write === null
          ? `<i>c</i>${NOW} = <i>c</i>${PREVIOUS} + <i>w</i>${NOW}`
          : `<i>c</i>${NOW} = <i>c</i>${PREVIOUS} + ${HAT("γ")}<sup>−1</sup> ${HAT("F")}<i><sub>Y</sub></i><sup>T</sup> <i>w</i>${NOW} ${HAT("F")}<i><sub>X</sub></i>`,
      sentence:
        write === null
          ? "The change is added to what has been drawn so far."
          : "The stamp is blurred through the red window and added to the canvas.",
    },
    result: {
      title: "Where it ends",
      numbers: "9–12",
      equation:
        "bound = −log <i>p</i>(<i>x</i> | <i>c<sub>T</sub></i>) + Σ<i><sub>t</sub></i> KL(<i>Q</i><sub>t</sub>, <i>P</i><sub>t</sub>)",
      sentence: "Training makes this small: what is wrong, plus what the latents told.",
    },
  };
}
