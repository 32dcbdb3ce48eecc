// @ts-check
// Recurrent cells: what the encoder and the decoder are made of.
//
//     products = W [inputs, hidden]
//     hidden, cell <- activate(products, cell)
//
// `LSTM`, with i, f, o, g = products + b:
//
//     cell   <- sigmoid(f) cell + sigmoid(i) tanh(g)
//     hidden <- sigmoid(o) tanh(cell)
//
// `Dense` remembers nothing: hidden <- tanh(products + b).
//
// The bias is an argument, for each category of drawings has its own.
//
// Source: Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000, without peepholes;
// Kingma & Welling 2014, appendix C (dense).

import { sigmoid } from "./distributions.js";
import { multiply, rowsOf } from "./linear.js";

/**
 * What a cell passes to its next step; a dense one passes on zeros for `cell`.
 *
 * @typedef {object} CellState
 * @property {Float32Array} hidden (d,).
 * @property {Float32Array} cell (d,).
 */

/** What the cells have in common: inputs and hidden state go through one matrix. */
class Cell {
  /**
   * @param {Float32Array} weight (gates d, inputs + d), row by row.
   * @param {number} inputSize
   * @param {number} hiddenSize d.
   */
  constructor(weight, inputSize, hiddenSize) {
    this.rows = rowsOf(weight, inputSize + hiddenSize);
    this.hiddenSize = hiddenSize;
  }

  /**
   * The states after one step, of several drawings.
   *
   * @param {Float32Array[]} inputs Each (inputs,).
   * @param {CellState[]} states
   * @param {Float32Array[]} biases Each (gates d,).
   * @returns {CellState[]}
   */
  step(inputs, states, biases) {
    const merged = inputs.map((input, b) => concatenate(input, states[b].hidden));
    return multiply(this.rows, merged).map((products, b) =>
      this.activate(products, biases[b], states[b].cell),
    );
  }

  /**
   * The state after a step whose products are these.
   *
   * @abstract
   * @param {Float32Array} products (gates d,).
   * @param {Float32Array} bias (gates d,).
   * @param {Float32Array} cell (d,).
   * @returns {CellState}
   */
  activate(products, bias, cell) {
    throw new Error("a cell says how it is activated");
  }
}

/** A long short-term memory. */
export class LSTM extends Cell {
  static gates = 4;

  /**
   * @override
   * @param {Float32Array} products (4 d,), in the order i, f, o, g.
   * @param {Float32Array} bias (4 d,).
   * @param {Float32Array} cell (d,).
   * @returns {CellState}
   */
  activate(products, bias, cell) {
    const size = this.hiddenSize;
    const next = { hidden: new Float32Array(size), cell: new Float32Array(size) };
    for (let d = 0; d < size; d += 1) {
      const i = sigmoid(products[d] + bias[d]);
      const f = sigmoid(products[size + d] + bias[size + d]);
      const o = sigmoid(products[2 * size + d] + bias[2 * size + d]);
      const g = Math.tanh(products[3 * size + d] + bias[3 * size + d]);
      next.cell[d] = f * cell[d] + i * g;
      next.hidden[d] = o * Math.tanh(next.cell[d]);
    }
    return next;
  }
}

/** A layer of tanh units; the hidden state is an input like the others. */
export class Dense extends Cell {
  static gates = 1;

  /**
   * @override
   * @param {Float32Array} products (d,).
   * @param {Float32Array} bias (d,).
   * @param {Float32Array} cell (d,).
   * @returns {CellState}
   */
  activate(products, bias, cell) {
    return { hidden: products.map((product, d) => Math.tanh(product + bias[d])), cell };
  }
}

/**
 * A state that remembers nothing.
 *
 * @param {number} hiddenSize
 * @returns {CellState}
 */
export function zeroState(hiddenSize) {
  return { hidden: new Float32Array(hiddenSize), cell: new Float32Array(hiddenSize) };
}

/**
 * One array after another.
 *
 * @param {Float32Array} first
 * @param {Float32Array} second
 */
export function concatenate(first, second) {
  const whole = new Float32Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
