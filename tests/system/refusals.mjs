// What the engine says to files: a job [{model, weights}] to a list of messages, null where it is
// content.

import { answer, bytesOf, engine, job } from "./answers.mjs";

const { readSafetensors } = await import(engine("safetensors.js"));
const { makeModel } = await import(engine("weights.js"));

const messages = [];
for (const { model, weights } of await job()) {
  const file = await bytesOf(weights);
  try {
    makeModel(model, readSafetensors(file));
    messages.push(null);
  } catch (error) {
    messages.push(error.message);
  }
}
answer(messages);
