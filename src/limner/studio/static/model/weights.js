// @ts-check
// From a run's config.json and its arrays to a network; each array stands under its path in it, as
// in `encoder.weight`.

import { NUM_PARAMETERS } from "./attention.js";
import { Dense, LSTM } from "./cells.js";
import { Draw, size } from "./draw.js";
import { Linear, rowsOf } from "./linear.js";
import { AttentiveRead, AttentiveWrite, FullRead, FullWrite } from "./read_write.js";

/** @typedef {import("./attention.js").Shape} Shape */
/** @typedef {import("./safetensors.js").NamedArray} NamedArray */

/**
 * What the engine needs to know of `model` in a run's config.json.
 *
 * @typedef {object} ModelConfig
 * @property {number} height
 * @property {number} width
 * @property {number} channels
 * @property {number} latent_size
 * @property {number} hidden_size
 * @property {number | null} read_grid
 * @property {number | null} write_grid
 * @property {boolean} learned_start
 * @property {string} cell
 * @property {boolean} learned_prior
 * @property {number} num_categories
 */

/** @typedef {"size" | "grid" | "count" | "flag"} Kind */

/** @type {Record<Kind, {holds: (value: unknown) => boolean, is: string}>} */
const KINDS = {
  size: { holds: (value) => isWhole(value) && value > 0, is: "a whole number above 0" },
  grid: {
    holds: (value) => value === null || (isWhole(value) && value > 0),
    is: "null or a whole number above 0",
  },
  count: { holds: (value) => isWhole(value) && value >= 0, is: "a whole number, 0 or above" },
  flag: { holds: (value) => typeof value === "boolean", is: "true or false" },
};

/** @type {Record<string, Kind>} */
const FIELDS = {
  height: "size",
  width: "size",
  channels: "size",
  latent_size: "size",
  hidden_size: "size",
  read_grid: "grid",
  write_grid: "grid",
  learned_start: "flag",
  learned_prior: "flag",
  num_categories: "count",
};

const CELLS = { lstm: LSTM, dense: Dense };

/**
 * The network of a run.
 *
 * @param {unknown} config Its config.json's `model`.
 * @param {Map<string, NamedArray>} arrays Its weights.
 * @returns {Draw}
 * @throws {Error} The config is of no such network, or the arrays are not those of one.
 */
export function makeModel(config, arrays) {
  const checked = checkConfig(config);
  checkArrays(shapes(checked), arrays);
  const shape = shapeOf(checked);
  const { latent_size: latentSize, hidden_size: hiddenSize } = checked;
  const { read_grid: readGrid, write_grid: writeGrid } = checked;

  /** @param {string} name */
  const array = (name) => /** @type {NamedArray} */ (arrays.get(name)).data;
  /** @param {string} name */
  const linear = (name) => new Linear(array(`${name}.weight`), array(`${name}.bias`));
  /** @param {string} name */
  const table = (name) => rowsOf(array(name), array(name).length / checked.num_categories);
  /** @param {string} name */
  const state = (name) => ({ hidden: array(`${name}.hidden`), cell: array(`${name}.cell`) });

  const Cell = cellOf(checked);
  return new Draw({
    shape,
    latentSize,
    hiddenSize,
    read:
      readGrid === null
        ? new FullRead()
        : new AttentiveRead(linear("read.window"), readGrid, shape),
    write:
      writeGrid === null
        ? new FullWrite(linear("write.patch"))
        : new AttentiveWrite(linear("write.window"), linear("write.patch"), writeGrid, shape),
    encoder: new Cell(array("encoder.weight"), glimpseSize(checked) + hiddenSize, hiddenSize),
    decoder: new Cell(array("decoder.weight"), latentSize, hiddenSize),
    biases: { encoder: array("encoder.bias"), decoder: array("decoder.bias") },
    posterior: linear("posterior"),
    prior: checked.learned_prior ? linear("prior") : null,
    start: checked.learned_start
      ? {
          canvas: array("start.canvas"),
          encoder: state("start.encoder"),
          decoder: state("start.decoder"),
        }
      : null,
    categories: checked.num_categories
      ? {
          encoder: table("categories.encoder"),
          decoder: table("categories.decoder"),
          canvas: table("categories.canvas"),
        }
      : null,
  });
}

/**
 * @param {unknown} config
 * @returns {ModelConfig}
 */
function checkConfig(config) {
  if (typeof config !== "object" || config === null) {
    throw new Error("the model's config is not an object");
  }
  const fields = /** @type {Record<string, unknown>} */ (config);
  for (const [name, kind] of Object.entries(FIELDS)) {
    const { holds, is } = KINDS[kind];
    if (!holds(fields[name])) {
      throw new Error(
        `${name} of the model's config is ${JSON.stringify(fields[name])}: it is ${is}`,
      );
    }
  }
  if (!Object.hasOwn(CELLS, String(fields.cell))) {
    const known = Object.keys(CELLS).join(" or ");
    throw new Error(`cell of the model's config is ${JSON.stringify(fields.cell)}: it is ${known}`);
  }
  if (fields.num_categories && !fields.learned_start) {
    throw new Error("categories need a learned start: their first canvases are learned");
  }
  return /** @type {ModelConfig} */ (config);
}

/**
 * The shape of every array of a network, by name.
 *
 * @param {ModelConfig} config
 * @returns {Record<string, number[]>}
 */
function shapes(config) {
  const { latent_size: latents, hidden_size: hidden, num_categories: categories } = config;
  const { read_grid: readGrid, write_grid: writeGrid } = config;
  const shape = shapeOf(config);
  const gates = cellOf(config).gates * hidden;

  /** @type {(name: string, outputs: number, inputs: number) => Record<string, number[]>} */
  const linear = (name, outputs, inputs) => ({
    [`${name}.weight`]: [outputs, inputs],
    [`${name}.bias`]: [outputs],
  });
  /** @type {(name: string) => Record<string, number[]>} */
  const state = (name) => ({ [`${name}.hidden`]: [hidden], [`${name}.cell`]: [hidden] });

  return {
    ...(readGrid === null ? {} : linear("read.window", NUM_PARAMETERS, hidden)),
    ...(writeGrid === null ? {} : linear("write.window", NUM_PARAMETERS, hidden)),
    ...linear("write.patch", writeGrid === null ? size(shape) : shape[0] * writeGrid ** 2, hidden),
    ...linear("encoder", gates, glimpseSize(config) + 2 * hidden),
    ...linear("decoder", gates, latents + hidden),
    ...linear("posterior", 2 * latents, hidden),
    ...(config.learned_prior ? linear("prior", 2 * latents, hidden) : {}),
    ...(config.learned_start
      ? { "start.canvas": [...shape], ...state("start.encoder"), ...state("start.decoder") }
      : {}),
    ...(categories
      ? {
          "categories.encoder": [categories, gates],
          "categories.decoder": [categories, gates],
          "categories.canvas": [categories, ...shape],
        }
      : {}),
  };
}

/**
 * @param {Record<string, number[]>} expected
 * @param {Map<string, NamedArray>} given
 */
function checkArrays(expected, given) {
  for (const [name, shape] of Object.entries(expected)) {
    const found = given.get(name)?.shape;
    if (String(found) !== String(shape)) {
      const has = found ? `(${found.join(", ")})` : "not there";
      throw new Error(
        `the weights do not fit the model's config: ${name} is ${has}, not (${shape.join(", ")})`,
      );
    }
  }
  for (const name of given.keys()) {
    if (!Object.hasOwn(expected, name)) {
      throw new Error(
        `the weights do not fit the model's config: it has no ${JSON.stringify(name)}`,
      );
    }
  }
}

/** @param {ModelConfig} config @returns {Shape} */
function shapeOf({ channels, height, width }) {
  return [channels, height, width];
}

/** @param {ModelConfig} config Numbers of a glimpse: of the image and of the error. */
function glimpseSize(config) {
  const { channels, read_grid: grid } = config;
  return 2 * (grid === null ? size(shapeOf(config)) : channels * grid ** 2);
}

/** @param {ModelConfig} config */
function cellOf({ cell }) {
  return CELLS[/** @type {keyof typeof CELLS} */ (cell)];
}

/**
 * @param {unknown} value
 * @returns {value is number}
 */
function isWhole(value) {
  return Number.isSafeInteger(value);
}
