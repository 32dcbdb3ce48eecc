// The arrays of a file: a job {weights} to {name: {shape, data}}.

import { answer, bytesOf, engine, job } from "./answers.mjs";

const { readSafetensors } = await import(engine("safetensors.js"));
const { weights } = await job();
answer(Object.fromEntries(readSafetensors(await bytesOf(weights))));
