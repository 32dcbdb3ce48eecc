// @ts-check
// Chance, exactly as JAX makes it: the same seed gives the same numbers here and in Python.
//
// A key is 64 bits in two words; all chance is the Threefry-2x32 hash of a counter under a key, so
// nothing is used up and any number can be computed alone. These are JAX's laws with
// `jax_threefry_partitionable`, its default, for arrays of less than 2**32 numbers. Bits and whole
// numbers are equal to the last bit; of normal and Gumbel numbers 99 in 100 are, and the others are
// a few units in the last place away, for XLA's logarithms are its own.
//
// Source: Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3 (Threefry); Giles 2010,
// Approximating the erfinv function; jax/_src/random.

/** @typedef {readonly [number, number]} Key Two words of 32 bits, unsigned. */

const PARITY = 0x1bd11bda;
const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
];
const SQRT_2 = Math.fround(Math.SQRT2);
const BELOW_ONE = 1 - 2 ** -24; // the largest float32 below 1
const TINY = 2 ** -126; // the smallest normal float32

/**
 * The key that a seed stands for, `jax.random.key(seed)`.
 *
 * @param {number} seed A whole number from 0 to 2**32 - 1.
 * @returns {Key}
 */
export function key(seed) {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new RangeError(`the seed is ${seed}: it is a whole number from 0 to ${2 ** 32 - 1}`);
  }
  return [0, seed];
}

/**
 * A key for thing `index` of those that share a key, `jax.random.fold_in(key, index)`.
 *
 * @param {Key} key
 * @param {number} index A whole number from 0 to 2**32 - 1.
 * @returns {Key}
 */
export function foldIn(key, index) {
  return threefry(key, 0, index);
}

/**
 * Some new keys from one, `jax.random.split(key, count)`.
 *
 * @param {Key} key
 * @param {number} count
 * @returns {Key[]}
 */
export function split(key, count = 2) {
  return Array.from({ length: count }, (_, index) => threefry(key, 0, index));
}

/**
 * Some words of 32 random bits, `jax.random.bits(key, (count,))`.
 *
 * @param {Key} key
 * @param {number} count
 */
export function bits(key, count) {
  const words = new Uint32Array(count);
  for (let index = 0; index < count; index += 1) {
    const [high, low] = threefry(key, 0, index);
    words[index] = high ^ low;
  }
  return words;
}

/**
 * Some numbers from `low` to below `high`, `jax.random.uniform(key, (count,), float32, low, high)`.
 *
 * @param {Key} key
 * @param {number} count
 * @param {number} low
 * @param {number} high
 */
export function uniform(key, count, low = 0, high = 1) {
  const range = Math.fround(high - low);
  return Float32Array.from(bits(key, count), (word) =>
    Math.max(low, Math.fround(Math.fround((word >>> 9) * 2 ** -23 * range) + low)),
  );
}

/**
 * Some standard normal numbers, `jax.random.normal(key, (count,))`.
 *
 * @param {Key} key
 * @param {number} count
 */
export function normal(key, count) {
  return uniform(key, count, -BELOW_ONE, 1).map((u) => SQRT_2 * inverseErf(u));
}

/**
 * Some standard Gumbel numbers, `jax.random.gumbel(key, (count,))`.
 *
 * @param {Key} key
 * @param {number} count
 */
export function gumbel(key, count) {
  return uniform(key, count, TINY, 1).map((u) => -Math.log(-Math.fround(Math.log(u))));
}

/**
 * The hash: two words under a key, 20 rounds.
 *
 * @param {Key} key
 * @param {number} high
 * @param {number} low
 * @returns {Key}
 */
function threefry([first, second], high, low) {
  const schedule = [first, second, first ^ second ^ PARITY];
  let x = (high + first) | 0;
  let y = (low + second) | 0;
  for (let group = 1; group <= 5; group += 1) {
    for (const rotation of ROTATIONS[(group - 1) % 2]) {
      x = (x + y) | 0;
      y = ((y << rotation) | (y >>> (32 - rotation))) ^ x;
    }
    x = (x + schedule[group % 3]) | 0;
    y = (y + schedule[(group + 1) % 3] + group) | 0;
  }
  return [x >>> 0, y >>> 0];
}

const CENTRAL = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503,
  -0.00417768164, 0.246640727, 1.50140941,
].map(Math.fround);
const TAIL = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
  0.00943887047, 1.00167406, 2.83297682,
].map(Math.fround);

/**
 * The inverse of the error function, of a float32 inside (-1, 1), by XLA's polynomials.
 *
 * @param {number} x
 */
function inverseErf(x) {
  const w = Math.fround(-Math.log1p(-Math.fround(x * x)));
  const central = w < 5;
  const argument = Math.fround(central ? w - 2.5 : Math.fround(Math.sqrt(w)) - 3);
  let sum = 0;
  for (const coefficient of central ? CENTRAL : TAIL) {
    sum = Math.fround(coefficient + sum * argument); // rounded once, as XLA's fused operation is
  }
  return Math.fround(sum * x);
}
