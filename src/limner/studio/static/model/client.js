// @ts-check
// The page's side of the engine: promises for answers, steps as they come.
//
//     const engine = new Engine();
//     await engine.load("cat", config.model, weights);
//     const { result } = await engine.sample("cat", { num: 24, numSteps: 20, seed: 0 }, {
//       signal: latest.begin(),
//       onProgress: ({ steps }) => steps && show(steps),
//     });
//
// What is no longer wanted is cancelled by its signal; its promise is then rejected with the
// signal's reason, an "AbortError" unless another is given.

/** @typedef {import("./draw.js").Step} Step */
/** @typedef {import("./sampling.js").Loss} Loss */
/** @typedef {import("./sampling.js").Progress} Progress */
/** @typedef {import("./service.js").Answer} Answer */

/** @typedef {(progress: Progress) => void} OnProgress */

/**
 * @typedef {object} Asking
 * @property {AbortSignal} [signal] Cancels.
 * @property {OnProgress} [onProgress] Is told how far it is, and each step as it comes.
 */

/**
 * All steps of an answer, each of all drawings, and what came at its end.
 *
 * @template Result
 * @typedef {{steps: Step[][], result: Result}} Drawings
 */

/**
 * @typedef {object} Waiting
 * @property {OnProgress} progress
 * @property {(result: any) => void} resolve
 * @property {(reason: unknown) => void} reject
 */

export class Engine {
  /** @param {Worker | MessagePort} port Where a `serve` listens; a new worker if left out. */
  constructor(port = new Worker(new URL("./worker.js", import.meta.url), { type: "module" })) {
    /** @type {Map<number, Waiting>} */
    this.waiting = new Map();
    this.asked = 0;
    this.port = port;
    port.onmessage = ({ data }) => this.answered(data);
    // A worker that cannot start, or that breaks, answers nothing more.
    if ("onerror" in port) {
      port.onerror = ({ message }) => this.fail(new Error(`the engine stopped: ${message}`));
    }
  }

  /**
   * Give the engine a network.
   *
   * @param {string} model What it is to be called.
   * @param {unknown} config Its config.json's `model`.
   * @param {ArrayBuffer} weights The bytes of its model.safetensors; they are handed over.
   * @param {Asking} [asking]
   * @returns {Promise<void>}
   */
  async load(model, config, weights, asking = {}) {
    await this.ask({ kind: "load", model, config, weights }, asking, [weights]);
  }

  /**
   * Draw from the prior, `sampling.sample`.
   *
   * @param {string} model
   * @param {Parameters<typeof import("./sampling.js").sample>[1]} options
   * @param {Asking} [asking]
   * @returns {Promise<Drawings<number[] | null>>} The result is the drawings' categories.
   */
  sample(model, options, asking) {
    return this.draw("sample", model, [], options, asking);
  }

  /**
   * Draw images from looks at them, `sampling.reconstruct`.
   *
   * @param {string} model
   * @param {Float32Array[]} images
   * @param {Parameters<typeof import("./sampling.js").reconstruct>[2]} options
   * @param {Asking} [asking]
   * @returns {Promise<Drawings<Loss[]>>} The result is what each image costs.
   */
  reconstruct(model, images, options, asking) {
    return this.draw("reconstruct", model, images, options, asking);
  }

  /**
   * Finish a drawing in several ways, `completion.complete`.
   *
   * @param {string} model
   * @param {Float32Array} image
   * @param {Parameters<typeof import("./completion.js").complete>[2]} options
   * @param {Asking} [asking]
   * @returns {Promise<Drawings<null>>}
   */
  complete(model, image, options, asking) {
    return this.draw("complete", model, [image], options, asking);
  }

  /**
   * Draw the way from one image to another, `interpolation.interpolate`.
   *
   * @param {string} model
   * @param {Float32Array} first
   * @param {Float32Array} second
   * @param {Parameters<typeof import("./interpolation.js").interpolate>[3]} options
   * @param {Asking} [asking]
   * @returns {Promise<Drawings<null>>}
   */
  interpolate(model, first, second, options, asking) {
    return this.draw("interpolate", model, [first, second], options, asking);
  }

  /**
   * The bound of an image under each category, `classification.classify`.
   *
   * @param {string} model
   * @param {Float32Array} image
   * @param {Parameters<typeof import("./classification.js").classify>[2]} options
   * @param {Asking} [asking]
   * @returns {Promise<number[]>}
   */
  async classify(model, image, options, asking) {
    return (await this.draw("classify", model, [image], options, asking)).result;
  }

  /**
   * All that is computed while an image is drawn, with a hand in it, `inspection.inspect`.
   *
   * @param {string} model
   * @param {Float32Array} image
   * @param {Parameters<typeof import("./inspection.js").inspect>[2]} options
   * @param {Asking} [asking]
   * @returns {Promise<import("./inspection.js").Inspection>}
   */
  async inspect(model, image, options, asking) {
    return (await this.draw("inspect", model, [image], options, asking)).result;
  }

  /**
   * @param {string} kind
   * @param {string} model
   * @param {Float32Array[]} images
   * @param {object} options
   * @param {Asking} [asking]
   * @returns {Promise<Drawings<any>>}
   */
  async draw(kind, model, images, options, { signal, onProgress } = {}) {
    /** @type {Step[][]} */
    const steps = [];
    const gather = (/** @type {Progress} */ progress) => {
      if (progress.steps) steps.push(progress.steps);
      onProgress?.(progress);
    };
    const asking = { signal, onProgress: gather };
    const result = await this.ask({ kind, model, images, options }, asking);
    return { steps, result };
  }

  /**
   * @param {{kind: string} & Record<string, unknown>} request
   * @param {Asking} asking
   * @param {Transferable[]} [transferred]
   * @returns {Promise<any>}
   */
  ask(request, { signal, onProgress = () => {} }, transferred = []) {
    if (signal?.aborted) return Promise.reject(signal.reason);
    this.asked += 1;
    const id = this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { progress: onProgress, resolve, reject });
      signal?.addEventListener(
        "abort",
        () => {
          if (!this.waiting.delete(id)) return; // it is answered
          this.port.postMessage({ id, kind: "cancel" });
          reject(signal.reason);
        },
        { once: true },
      );
      this.port.postMessage({ ...request, id }, transferred);
    });
  }

  /** @param {Answer} answer */
  answered(answer) {
    const waiting = this.waiting.get(answer.id);
    if (!waiting) return; // cancelled meanwhile
    if (answer.kind === "progress") {
      waiting.progress(answer.progress);
      return;
    }
    this.waiting.delete(answer.id);
    if (answer.kind === "done") waiting.resolve(answer.result);
    if (answer.kind === "failed") waiting.reject(new Error(answer.message));
  }

  /** @param {Error} error */
  fail(error) {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }

  /** Stop the engine; what is still waited for is given up. */
  close() {
    if ("terminate" in this.port) this.port.terminate();
    else this.port.close();
    this.fail(new DOMException("the engine was closed", "AbortError"));
  }
}

/** Of things asked one after another, the latest wins: to begin one cancels the one before. */
export class Latest {
  /** @returns {AbortSignal} For what begins. */
  begin() {
    this.cancel();
    this.controller = new AbortController();
    return this.controller.signal;
  }

  /** Nothing is wanted any more. */
  cancel() {
    this.controller?.abort();
  }
}
