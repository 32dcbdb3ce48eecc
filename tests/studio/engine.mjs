// The engine at work: a job {model, weights, tasks} to {answers} or {error}.
//
// `model` is config.json's, `weights` a file, a task [kind, images, options]. An answer is
// {parts, steps, previews, result}: of each progress what it has, and what comes at the end.

import { answer, bytesOf, engine, job } from "./answers.mjs";

const { classify } = await import(engine("classification.js"));
const { complete } = await import(engine("completion.js"));
const { interpolate } = await import(engine("interpolation.js"));
const { readSafetensors } = await import(engine("safetensors.js"));
const { reconstruct, sample } = await import(engine("sampling.js"));
const { makeModel } = await import(engine("weights.js"));

const KINDS = {
  sample: (model, images, options) => sample(model, options),
  reconstruct,
  complete: (model, [image], options) => complete(model, image, options),
  interpolate: (model, [first, second], options) => interpolate(model, first, second, options),
  classify: (model, [image], options) => classify(model, image, options),
};

const { model: config, weights, tasks } = await job();
const file = await bytesOf(weights);
try {
  const model = makeModel(config, readSafetensors(file));
  answer({ answers: tasks.map((task) => perform(model, ...task)) });
} catch (error) {
  answer({ error: error.message });
}

function perform(model, kind, images, options) {
  const floats = images.map((image) => Float32Array.from(image.flat(Infinity)));
  const work = KINDS[kind](model, floats, options);
  const all = [];
  let next = work.next();
  for (; !next.done; next = work.next()) all.push(next.value);
  return {
    parts: all.map(({ part }) => part),
    steps: all.flatMap(({ steps }) => (steps ? [steps] : [])),
    previews: all.flatMap(({ preview }) => (preview ? [preview] : [])),
    result: next.value ?? null,
  };
}
