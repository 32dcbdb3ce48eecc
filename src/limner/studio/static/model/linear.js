// @ts-check
// Linear maps, where nearly all the arithmetic is: several drawings go through each row of a matrix
// together, so that it is fetched once for all of them.
//
// Sums run over the columns in order, in 64 bits, and are rounded to 32 once: a product is the same
// however many drawings are multiplied together.

const TOGETHER = 4; // drawings in the inner loop: more would not find room in the registers

/**
 * A matrix as its rows.
 *
 * @param {Float32Array} weight (rows, columns), row by row.
 * @param {number} columns
 * @returns {Float32Array[]}
 */
export function rowsOf(weight, columns) {
  return Array.from({ length: weight.length / columns }, (_, row) =>
    weight.subarray(row * columns, (row + 1) * columns),
  );
}

/**
 * The products of one matrix with several vectors.
 *
 * @param {Float32Array[]} rows The matrix, (rows, columns).
 * @param {Float32Array[]} inputs Each (columns,).
 * @returns {Float32Array[]} Each (rows,).
 */
export function multiply(rows, inputs) {
  const products = inputs.map(() => new Float32Array(rows.length));
  let first = 0;
  for (; first + TOGETHER <= inputs.length; first += TOGETHER) {
    multiplyFour(rows, inputs, products, first);
  }
  for (; first < inputs.length; first += 1) multiplyOne(rows, inputs[first], products[first]);
  return products;
}

/** An affine map, W x + b. */
export class Linear {
  /**
   * @param {Float32Array} weight (outputs, inputs), row by row.
   * @param {Float32Array} bias (outputs,).
   */
  constructor(weight, bias) {
    this.rows = rowsOf(weight, weight.length / bias.length);
    this.bias = bias;
  }

  /**
   * @param {Float32Array[]} inputs Each (inputs,).
   * @returns {Float32Array[]} Each (outputs,).
   */
  apply(inputs) {
    return multiply(this.rows, inputs).map((product) => add(product, this.bias));
  }
}

/**
 * The sum of two arrays of one length.
 *
 * @param {Float32Array} first
 * @param {Float32Array} second
 */
export function add(first, second) {
  return first.map((value, index) => value + second[index]);
}

/**
 * Four drawings and two rows at once: six numbers fetched for eight products.
 *
 * @param {Float32Array[]} rows
 * @param {Float32Array[]} inputs
 * @param {Float32Array[]} products
 * @param {number} first The first of the drawings.
 */
function multiplyFour(rows, inputs, products, first) {
  const [a, b, c, d] = inputs.slice(first, first + TOGETHER);
  const [toA, toB, toC, toD] = products.slice(first, first + TOGETHER);
  const last = rows.length - 1;
  for (let upper = 0; upper <= last; upper += 2) {
    const lower = Math.min(upper + 1, last); // the last of an odd number is computed twice
    const u = rows[upper];
    const v = rows[lower];
    let ua = 0;
    let ub = 0;
    let uc = 0;
    let ud = 0;
    let va = 0;
    let vb = 0;
    let vc = 0;
    let vd = 0;
    for (let column = 0; column < u.length; column += 1) {
      const p = u[column];
      const q = v[column];
      ua += p * a[column];
      ub += p * b[column];
      uc += p * c[column];
      ud += p * d[column];
      va += q * a[column];
      vb += q * b[column];
      vc += q * c[column];
      vd += q * d[column];
    }
    toA[upper] = ua;
    toB[upper] = ub;
    toC[upper] = uc;
    toD[upper] = ud;
    toA[lower] = va;
    toB[lower] = vb;
    toC[lower] = vc;
    toD[lower] = vd;
  }
}

/**
 * One drawing and four rows at once: sums that do not wait for each other.
 *
 * @param {Float32Array[]} rows
 * @param {Float32Array} input
 * @param {Float32Array} product
 */
function multiplyOne(rows, input, product) {
  const last = rows.length - 1;
  for (let row = 0; row <= last; row += 4) {
    // The last of what is no multiple of four is computed more than once.
    const second = Math.min(row + 1, last);
    const third = Math.min(row + 2, last);
    const fourth = Math.min(row + 3, last);
    const a = rows[row];
    const b = rows[second];
    const c = rows[third];
    const d = rows[fourth];
    let sumA = 0;
    let sumB = 0;
    let sumC = 0;
    let sumD = 0;
    for (let column = 0; column < input.length; column += 1) {
      const value = input[column];
      sumA += a[column] * value;
      sumB += b[column] * value;
      sumC += c[column] * value;
      sumD += d[column] * value;
    }
    product[row] = sumA;
    product[second] = sumB;
    product[third] = sumC;
    product[fourth] = sumD;
  }
}
