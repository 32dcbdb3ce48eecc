// @ts-check
// Drawings that have been asked for, with all that is shown of them and taken away.

import { shapeOf } from "./images.js";
import { levelsOf } from "./pixels.js";
import { squareOf } from "./windows.js";
import { caption } from "./words.js";

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
    return caption(kind, model.name, settings);
  }

  /** Whether all steps have come. */
  get whole() {
    return this.steps.length === this.numSteps;
  }

  /** How many drawings there are. */
  get count() {
    return this.steps.length ? this.steps[0].length : 0;
  }

  /**
   * @param {number} index Of the drawing.
   * @param {number} [step] The last one if left out.
   * @returns {Uint8ClampedArray} Its levels.
   */
  levels(index, step = this.steps.length - 1) {
    return levelsOf(this.steps[step][index].canvas);
  }

  /** @param {number} index @param {number} step */
  reads(index, step) {
    return squareOf(this.steps[step][index].readWindow, this.about.model.model.read_grid);
  }

  /** @param {number} index @param {number} step */
  writes(index, step) {
    return squareOf(this.steps[step][index].writeWindow, this.about.model.model.write_grid);
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
