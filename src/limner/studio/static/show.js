// @ts-check
// Drawings that have been asked for, with all that is shown of them and taken away.

import { shapeOf } from "./images.js";
import { levelsOf } from "./pixels.js";
import { state } from "./state.js";
import { squareOf } from "./windows.js";
import { caption, describe } from "./words.js";

/** @typedef {import("./library.js").Model} Model */
/** @typedef {import("./model/draw.js").Step} Step */
/** @typedef {import("./model/strokes.js").Stroke} Stroke */
/** @typedef {import("./words.js").Kind} Kind */
/** @typedef {import("./words.js").Settings} Settings */

/**
 * What is known of drawings before they are drawn.
 *
 * @typedef {object} About
 * @property {Kind} kind
 * @property {Model} model
 * @property {Settings} settings
 * @property {Uint8ClampedArray} [image] The levels that are looked at.
 * @property {Uint8ClampedArray} [given] The levels that stay, of which more is made.
 * @property {Stroke[]} [strokes] What a visitor drew.
 */

export class Show {
  /** @type {Step[][]} Each of all drawings; the steps that have come. */
  steps = [];

  /** @param {About} about */
  constructor(about) {
    this.about = about;
    this.shape = shapeOf(about.model);
    this.numSteps = about.settings.numSteps;
  }

  get caption() {
    const { kind, model, settings } = this.about;
    return caption(kind, model, { ...settings, factor: this.factor });
  }

  /** The factor on logits of what is shown: 1 for probabilities, else that of ink. */
  get factor() {
    return (state.ink && this.about.model.ink) || 1;
  }

  /** Whether all steps have come. */
  get whole() {
    return this.steps.length === this.numSteps;
  }

  /** How many drawings there are. */
  get count() {
    return this.steps.length ? this.steps[0].length : 0;
  }

  /** @param {number} step One that has come; beyond the last, the last. */
  at(step) {
    return this.steps[Math.min(step, this.steps.length - 1)];
  }

  /**
   * @param {number} index Of the drawing.
   * @param {number} [step] The last one if left out.
   * @returns {Uint8ClampedArray} Its levels.
   */
  levels(index, step = Infinity) {
    return levelsOf(this.at(step)[index].canvas, this.factor);
  }

  /**
   * What is in a drawing, for those who do not see it.
   *
   * @param {number} index
   * @param {number} [step] The last one if left out.
   */
  describe(index, step) {
    const seen = describe(this.levels(index, step), this.shape);
    return this.factor === 1 ? seen : `as ink, ${seen}`;
  }

  /** @param {number} index @param {number} step */
  reads(index, step) {
    return squareOf(this.at(step)[index].readWindow, this.about.model.model.read_grid);
  }

  /** @param {number} index @param {number} step */
  writes(index, step) {
    return squareOf(this.at(step)[index].writeWindow, this.about.model.model.write_grid);
  }

  /**
   * One of the drawings alone.
   *
   * @param {number} index
   */
  only(index) {
    const one = new Show(this.about);
    one.steps = this.steps.map((step) => [step[index]]);
    return one;
  }
}
