// The engine at work: a job {model, weights, tasks} to {answers} or {error}.
//
// `model` is config.json's, `weights` a file, a task [kind, images, options]. An answer is
// {parts, steps, previews, result}: of each progress what it has, and what comes at the end.

import { answer, bytesOf, engine, job } from "./answers.mjs";

const { readSafetensors } = await import(engine("safetensors.js"));
const { COMPUTATIONS } = await import(engine("service.js"));
const { makeModel } = await import(engine("weights.js"));

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
  const work = COMPUTATIONS[kind](model, floats, options);
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
