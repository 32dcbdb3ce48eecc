// @ts-check
// DRAW: the network looks at an image and at what it has drawn, and draws a little more.
//
//     error    = image - sigmoid(canvas)                          eq. 3
//     glimpse  = read(image, error, hidden_dec)                   eq. 4
//     encoder  = LSTM_enc([glimpse, hidden_dec])                  eq. 5
//     z        ~ Q(z | hidden_enc)                                eqs 1, 2, 6
//     decoder  = LSTM_dec(z)                                      eq. 7
//     canvas  += write(hidden_dec)                                eq. 8
//
// T times over; sigmoid(canvas) are then the pixels' probabilities. To generate, z is drawn from the
// prior, N(0, I), and the first four lines fall away (eqs 13-16).
//
// Lists are of drawings: each has states and arrays of its own, and they meet only where they are
// multiplied with the same weights. Noise is an argument, never drawn inside. Nothing is changed in
// place: an array that was given out stays as it is.
//
// Axis letters: t step, z latent, c channel, h w image, d hidden, g gates times d, b drawing.
//
// Source: Gregor et al. 2015, section 2.

import { concatenate, zeroState } from "./cells.js";
import { Gaussian, sigmoid, standardGaussian } from "./distributions.js";
import { add } from "./linear.js";

/** @typedef {import("./attention.js").Shape} Shape */
/** @typedef {import("./attention.js").Window} Window */
/** @typedef {import("./cells.js").CellState} CellState */
/** @typedef {import("./cells.js").LSTM | import("./cells.js").Dense} Cell */
/** @typedef {import("./linear.js").Linear} Linear */
/** @typedef {import("./read_write.js").FullRead | import("./read_write.js").AttentiveRead} Read */
/** @typedef {import("./read_write.js").FullWrite | import("./read_write.js").AttentiveWrite} Write */

/**
 * What one step of a drawing hands to the next.
 *
 * @typedef {object} State
 * @property {Float32Array} canvas Logits, (c, h, w).
 * @property {CellState} encoder
 * @property {CellState} decoder
 * @property {Biases} biases Those of the drawing's category; no step changes them.
 */

/** @typedef {{encoder: Float32Array, decoder: Float32Array}} Biases Of both cells, each (g,). */

/**
 * What can be seen of one step of a drawing.
 *
 * A step of generation has no posterior and reads nothing; a window is null where there is no
 * attention.
 *
 * @typedef {object} Step
 * @property {Float32Array} canvas Logits, (c, h, w).
 * @property {Float32Array} latent (z,).
 * @property {Gaussian} prior
 * @property {Gaussian | null} posterior
 * @property {Float32Array | null} glimpse Of the image and then of the error: (2 c n n,), or
 *   (2 c h w,) without attention.
 * @property {Float32Array} patch What is written, before the window: (c, n, n), or (c, h, w).
 * @property {Window | null} readWindow
 * @property {Window | null} writeWindow
 */

/**
 * What looking gives, before a latent is chosen.
 *
 * @typedef {object} Look
 * @property {CellState} encoder
 * @property {Gaussian} posterior
 * @property {Float32Array} glimpse
 * @property {Window | null} window
 */

/**
 * What is a category's own, by category: biases of both cells, and the first canvas.
 *
 * @typedef {object} Categories
 * @property {Float32Array[]} encoder Each (g,).
 * @property {Float32Array[]} decoder Each (g,).
 * @property {Float32Array[]} canvas Each (c, h, w).
 */

/**
 * @typedef {object} Parts
 * @property {Read} read
 * @property {Write} write
 * @property {Cell} encoder
 * @property {Cell} decoder
 * @property {Biases} biases Of the cells.
 * @property {Linear} posterior
 * @property {Linear | null} prior Null for N(0, I).
 * @property {Omit<State, "biases"> | null} start Null where all begins at zero.
 * @property {Categories | null} categories
 * @property {Shape} shape Channels, height and width of the images.
 * @property {number} latentSize Z.
 * @property {number} hiddenSize Units of each cell.
 */

/** The Deep Recurrent Attentive Writer. */
export class Draw {
  /** @param {Parts} parts */
  constructor(parts) {
    this.read = parts.read;
    this.write = parts.write;
    this.encoder = parts.encoder;
    this.decoder = parts.decoder;
    this.biases = parts.biases;
    this.posterior = parts.posterior;
    this.prior = parts.prior;
    this.start = parts.start;
    this.categories = parts.categories;
    this.shape = parts.shape;
    this.latentSize = parts.latentSize;
    this.hiddenSize = parts.hiddenSize;
  }

  /** How many categories it tells apart; 0 if none. */
  get numCategories() {
    return this.categories?.canvas.length ?? 0;
  }

  /**
   * The state of a drawing before its first step; `Draw.of` and `Draw.first` of the library.
   *
   * @param {number | null} category Which it is of; null where the network tells none apart.
   * @returns {State}
   * @throws {RangeError} There is no such category, or one is to be chosen.
   */
  first(category = null) {
    this.checkCategory(category);
    const start = this.start ?? {
      canvas: new Float32Array(size(this.shape)),
      encoder: zeroState(this.hiddenSize),
      decoder: zeroState(this.hiddenSize),
    };
    if (!this.categories || category === null) return { ...start, biases: this.biases };
    return {
      ...start,
      canvas: add(start.canvas, this.categories.canvas[category]),
      biases: {
        encoder: add(this.biases.encoder, this.categories.encoder[category]),
        decoder: add(this.biases.decoder, this.categories.decoder[category]),
      },
    };
  }

  /**
   * Draw images from looks at them, step by step: latents come from the posterior.
   *
   * Source: eqs 3-8.
   *
   * @param {Float32Array[]} images Each (c, h, w), pixels from 0 to 1.
   * @param {Float32Array[]} noises Standard normal, each (t, z).
   * @param {State[]} states Before the first step.
   * @returns {Generator<Step[], State[]>} Each step of all drawings; at the end, their states.
   */
  *infer(images, noises, states) {
    for (const noise of rowsAcross(noises, this.latentSize)) {
      const next = this.step(states, noise, images);
      ({ states } = next);
      yield next.steps;
    }
    return states;
  }

  /**
   * Draw from nothing, step by step: latents come from the prior, of which `noises` are draws.
   *
   * Source: eqs 13-16.
   *
   * @param {Float32Array[]} noises Standard normal, each (t, z).
   * @param {State[]} states Before the first step.
   * @returns {Generator<Step[], State[]>} Each step of all drawings; at the end, their states.
   */
  *generate(noises, states) {
    for (const noise of rowsAcross(noises, this.latentSize)) {
      const next = this.step(states, noise);
      ({ states } = next);
      yield next.steps;
    }
    return states;
  }

  /**
   * One look and one write of each drawing; without images, only the write.
   *
   * @param {State[]} states
   * @param {Float32Array[]} noise Each (z,).
   * @param {Float32Array[] | null} images Each (c, h, w).
   * @returns {{states: State[], steps: Step[]}}
   */
  step(states, noise, images = null) {
    const priors = this.priors(states);
    const looks = images && this.look(states, images);
    const latents = noise.map((n, b) => (looks ? looks[b].posterior : priors[b]).sample(n));
    return this.draw(states, latents, priors, looks);
  }

  /**
   * The glimpse of each image and of what it differs in from what is drawn, and the posterior.
   *
   * Source: eqs 1-5.
   *
   * @param {State[]} states
   * @param {Float32Array[]} images Each (c, h, w).
   * @returns {Look[]}
   */
  look(states, images) {
    const hidden = states.map(({ decoder }) => decoder.hidden);
    const errors = images.map((image, b) =>
      image.map((pixel, place) => pixel - sigmoid(states[b].canvas[place])),
    );
    const glimpses = this.read.apply(images, errors, hidden);
    const encoders = this.encoder.step(
      glimpses.map(({ glimpse }, b) => concatenate(glimpse, hidden[b])),
      states.map(({ encoder }) => encoder),
      states.map(({ biases }) => biases.encoder),
    );
    const posteriors = this.posterior.apply(encoders.map((encoder) => encoder.hidden));
    return glimpses.map(({ glimpse, window }, b) => ({
      encoder: encoders[b],
      posterior: Gaussian.of(posteriors[b]),
      glimpse,
      window,
    }));
  }

  /**
   * What latents add to each canvas, however they were chosen.
   *
   * Source: eqs 7, 8.
   *
   * @param {State[]} states
   * @param {Float32Array[]} latents Each (z,).
   * @param {Gaussian[]} priors
   * @param {Look[] | null} looks What was seen before; null where nothing was.
   * @returns {{states: State[], steps: Step[]}}
   */
  draw(states, latents, priors = this.priors(states), looks = null) {
    const decoders = this.decoder.step(
      latents,
      states.map(({ decoder }) => decoder),
      states.map(({ biases }) => biases.decoder),
    );
    const writings = this.write.apply(decoders.map(({ hidden }) => hidden));
    const canvases = writings.map(({ written }, b) => add(states[b].canvas, written));
    return {
      states: states.map(({ encoder, biases }, b) => ({
        canvas: canvases[b],
        encoder: looks ? looks[b].encoder : encoder,
        decoder: decoders[b],
        biases,
      })),
      steps: latents.map((latent, b) => ({
        canvas: canvases[b],
        latent,
        prior: priors[b],
        posterior: looks && looks[b].posterior,
        glimpse: looks && looks[b].glimpse,
        patch: writings[b].patch,
        readWindow: looks && looks[b].window,
        writeWindow: writings[b].window,
      })),
    };
  }

  /**
   * The prior of each drawing's next latent; learned ones depend on the decoder's state.
   *
   * @param {State[]} states
   * @returns {Gaussian[]}
   */
  priors(states) {
    if (!this.prior) return states.map(() => standardGaussian(this.latentSize));
    return this.prior.apply(states.map(({ decoder }) => decoder.hidden)).map(Gaussian.of);
  }

  /** @param {number | null} category */
  checkCategory(category) {
    const count = this.numCategories;
    if (category === null && count) {
      throw new RangeError("this network draws categories: one is to be chosen");
    }
    if (category !== null && !(Number.isInteger(category) && category >= 0 && category < count)) {
      throw new RangeError(`there is no category ${category}: this network tells ${count} apart`);
    }
  }
}

/**
 * Numbers in an image or a canvas.
 *
 * @param {Shape} shape
 */
export function size([channels, height, width]) {
  return channels * height * width;
}

/**
 * Row t of each of several matrices, for every t.
 *
 * @param {Float32Array[]} matrices Each (t, columns), the same t.
 * @param {number} columns
 */
function* rowsAcross(matrices, columns) {
  const length = matrices.length ? matrices[0].length : 0;
  for (let start = 0; start < length; start += columns) {
    yield matrices.map((matrix) => matrix.subarray(start, start + columns));
  }
}
