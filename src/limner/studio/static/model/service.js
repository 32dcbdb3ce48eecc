// @ts-check
// The engine as a service: requests come as messages, answers go as messages.
//
// A request is {id, kind, ...}, its id chosen by who asks. Each is answered by any number of
// {id, kind: "progress", progress} and then by one of
//
//     {id, kind: "done", result}        what the generator of that name returns at its end
//     {id, kind: "failed", message}     one line that says why
//     {id, kind: "cancelled"}
//
// Requests, with `model` the name that a network was loaded by:
//
//     {id, kind: "load", model, config, weights}    config.json's `model`, and the bytes of its
//                                                   model.safetensors; the result is null
//     {id, kind: "sample", model, images: [], options}
//     {id, kind: "reconstruct", model, images, options}
//     {id, kind: "complete", model, images: [image], options}
//     {id, kind: "interpolate", model, images: [first, second], options}
//     {id, kind: "classify", model, images: [image], options}
//     {id, kind: "inspect", model, images: [image], options}
//     {id, kind: "cancel"}              ends the request of that id, at its next step
//
// Several requests take turns, a step each.

import { classify } from "./classification.js";
import { complete } from "./completion.js";
import { inspect } from "./inspection.js";
import { interpolate } from "./interpolation.js";
import { readSafetensors } from "./safetensors.js";
import { reconstruct, sample } from "./sampling.js";
import { makeModel } from "./weights.js";

/** @typedef {import("./draw.js").Draw} Draw */
/** @typedef {import("./sampling.js").Progress} Progress */

/**
 * One end of a channel: a worker's own scope, or a message port.
 *
 * @typedef {object} Port
 * @property {(message: Answer) => void} postMessage
 * @property {((event: MessageEvent<Request>) => void) | null} onmessage
 */

/** @typedef {Load | Computation | {id: number, kind: "cancel"}} Request */

/**
 * @typedef {object} Load
 * @property {number} id
 * @property {"load"} kind
 * @property {string} model
 * @property {unknown} config
 * @property {ArrayBuffer} weights
 */

/**
 * @typedef {object} Computation
 * @property {number} id
 * @property {"sample" | "reconstruct" | "complete" | "interpolate" | "classify" | "inspect"} kind
 * @property {string} model
 * @property {Float32Array[]} images
 * @property {any} options Those of the function of that name, which checks what it must.
 */

/**
 * @typedef {{id: number, kind: "progress", progress: Progress} |
 *   {id: number, kind: "done", result: unknown} |
 *   {id: number, kind: "failed", message: string} |
 *   {id: number, kind: "cancelled"}} Answer
 */

/** @type {Record<string, (model: Draw, images: Float32Array[], options: any) => Generator<Progress, unknown>>} */
export const COMPUTATIONS = {
  sample: (model, _, options) => sample(model, options),
  reconstruct,
  complete: (model, [image], options) => complete(model, image, options),
  interpolate: (model, [first, second], options) => interpolate(model, first, second, options),
  classify: (model, [image], options) => classify(model, image, options),
  inspect: (model, [image], options) => inspect(model, image, options),
};

/**
 * Answer what comes through a port.
 *
 * @param {Port} port
 */
export function serve(port) {
  /** @type {Map<string, Draw>} */
  const models = new Map();
  /** @type {Set<number>} */
  const running = new Set();

  port.onmessage = async ({ data: request }) => {
    const { id } = request;
    if (request.kind === "cancel") {
      running.delete(id);
      return;
    }
    running.add(id);
    try {
      if (request.kind === "load") {
        models.set(request.model, makeModel(request.config, readSafetensors(request.weights)));
        port.postMessage({ id, kind: "done", result: null });
      } else {
        await compute(request);
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      port.postMessage({ id, kind: "failed", message });
    }
    running.delete(id);
  };

  /** @param {Computation} request */
  async function compute({ id, kind, model: name, images, options }) {
    const model = models.get(name);
    if (!model) throw new Error(`no model ${JSON.stringify(name)} is loaded`);
    if (!Object.hasOwn(COMPUTATIONS, kind)) throw new Error(`${kind} is nothing that can be asked`);
    const work = COMPUTATIONS[kind](model, images, options);
    for (let next = work.next(); ; next = work.next()) {
      if (next.done) {
        port.postMessage({ id, kind: "done", result: next.value ?? null });
        return;
      }
      port.postMessage({ id, kind: "progress", progress: next.value });
      await turn();
      if (!running.has(id)) {
        port.postMessage({ id, kind: "cancelled" });
        return;
      }
    }
  }
}

/** Let messages in that have come meanwhile; a timer would wait some milliseconds each time. */
function turn() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve(null);
    };
    port2.postMessage(null);
  });
}
