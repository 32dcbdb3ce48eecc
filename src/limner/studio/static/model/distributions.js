// @ts-check
// The two distributions of the model: Gaussian latents and Bernoulli pixels, in nats.

/**
 * The logistic function, which makes a probability of a logit.
 *
 * @param {number} logit
 */
export function sigmoid(logit) {
  return 1 / (1 + Math.exp(-logit));
}

/**
 * A Gaussian with a diagonal covariance.
 *
 * Source: eqs 1, 2; the network gives the logarithm of the standard deviation.
 */
export class Gaussian {
  /**
   * @param {Float32Array} mean (z,).
   * @param {Float32Array} logStd (z,).
   */
  constructor(mean, logStd) {
    this.mean = mean;
    this.logStd = logStd;
  }

  /**
   * What a network gives for it: means, and then logarithms of standard deviations.
   *
   * @param {Float32Array} outputs (2 z,).
   */
  static of(outputs) {
    const size = outputs.length / 2;
    return new Gaussian(outputs.subarray(0, size), outputs.subarray(size));
  }

  /**
   * The draw that standard normal noise stands for.
   *
   * @param {Float32Array} noise (z,).
   */
  sample(noise) {
    return noise.map((value, z) => this.mean[z] + Math.exp(this.logStd[z]) * value);
  }

  /**
   * The noise that `sample` turns into a value.
   *
   * @param {Float32Array} value (z,).
   */
  noiseOf(value) {
    return value.map((number, z) => (number - this.mean[z]) * Math.exp(-this.logStd[z]));
  }

  /**
   * KL(this, other) of each coordinate, nats; 0 exactly where they are equal.
   *
   * Source: eqs 10, 11, where `other` is N(0, I). Eq. 11 subtracts T/2, which is right for one
   * latent a step only; each coordinate of each step brings its own 1/2.
   *
   * @param {Gaussian} other
   * @returns {Float32Array} (z,); its sum is the divergence.
   */
  kl(other) {
    const shifts = other.noiseOf(this.mean);
    return shifts.map((shift, z) => {
      const logRatio = this.logStd[z] - other.logStd[z];
      return (shift ** 2 + Math.exp(2 * logRatio) - 1 - 2 * logRatio) / 2;
    });
  }
}

/**
 * N(0, I).
 *
 * @param {number} size Latents, z.
 */
export function standardGaussian(size) {
  return new Gaussian(new Float32Array(size), new Float32Array(size));
}

/**
 * Log-probability of pixels under independent Bernoullis, summed, nats.
 *
 * Source: eq. 9, from logits: x log s(c) + (1 - x) log s(-c) = x c - softplus(c).
 *
 * @param {Float32Array} logits
 * @param {Float32Array} targets As many, from 0 to 1; between them they give the cross-entropy,
 *   which can never be better than -bernoulliEntropy(targets).
 */
export function bernoulliLogProb(logits, targets) {
  return logits.reduce((sum, logit, pixel) => sum + targets[pixel] * logit - softplus(logit), 0);
}

/**
 * Entropy of Bernoullis with these means, summed, nats: the floor of grey targets.
 *
 * @param {Float32Array} targets
 */
export function bernoulliEntropy(targets) {
  return targets.reduce((sum, target) => sum + entropyPart(target) + entropyPart(1 - target), 0);
}

/** @param {number} probability */
function entropyPart(probability) {
  return probability > 0 ? -probability * Math.log(probability) : 0;
}

/** @param {number} logit log(1 + exp(logit)), without overflow. */
function softplus(logit) {
  return Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)));
}
