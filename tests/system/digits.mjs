// Drawings as MNIST has its digits: a job {drawings, how, side} to {levels}; `how` is a function's name.

import { answer, engine, job } from "./answers.mjs";

const digits = await import(engine("digits.js"));

const { drawings, how, side } = await job();
answer({ levels: drawings.map((drawing) => Float32Array.from(digits[how](drawing, side))) });
