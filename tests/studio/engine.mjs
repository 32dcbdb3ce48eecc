// Runs the studio's engine for the tests: a job of JSON on stdin, its answer on stdout.
//
// A job is {model, weights, tasks}: config.json's `model`, a file, and [kind, images, options] each.
// An answer is a list of {steps, result, previews}; arrays of floats are base64.

import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";

const engine = new URL("../../src/limner/studio/static/model/", import.meta.url);
const { classify } = await import(new URL("classification.js", engine));
const { complete } = await import(new URL("completion.js", engine));
const { interpolate } = await import(new URL("interpolation.js", engine));
const { readSafetensors } = await import(new URL("safetensors.js", engine));
const { reconstruct, sample } = await import(new URL("sampling.js", engine));
const { makeModel } = await import(new URL("weights.js", engine));

const KINDS = {
  sample: (model, images, options) => sample(model, options),
  reconstruct,
  complete: (model, [image], options) => complete(model, image, options),
  interpolate: (model, [first, second], options) => interpolate(model, first, second, options),
  classify: (model, [image], options) => classify(model, image, options),
};

const job = JSON.parse(await text(process.stdin));
const { buffer, byteOffset, byteLength } = await readFile(job.weights);
const weights = buffer.slice(byteOffset, byteOffset + byteLength);
try {
  const model = makeModel(job.model, readSafetensors(weights));
  print({ answers: job.tasks.map((task) => answer(model, ...task)) });
} catch (error) {
  print({ error: error.message });
}

function answer(model, kind, images, options) {
  const floats = images.map((image) => Float32Array.from(image.flat(Infinity)));
  const progress = KINDS[kind](model, floats, options);
  const all = [];
  let next = progress.next();
  for (; !next.done; next = progress.next()) all.push(next.value);
  const parts = all.map(({ part }) => part);
  return {
    parts,
    steps: all.flatMap(({ steps }) => (steps ? [steps] : [])),
    previews: all.flatMap(({ preview }) => (preview ? [preview] : [])),
    result: next.value ?? null,
  };
}

function print(value) {
  const encoded = JSON.stringify(value, (_, item) =>
    item instanceof Float32Array
      ? { floats: Buffer.from(item.buffer, item.byteOffset, item.byteLength).toString("base64") }
      : item,
  );
  process.stdout.write(encoded);
}
