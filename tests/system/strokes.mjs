// Strokes to pixels: a job {drawings, side, place} to {placed, levels}, or {error}.
//
// `place` is "fitted" or "inPlace"; without it, drawings are rasterised as they are.

import { answer, engine, job } from "./answers.mjs";

const strokes = await import(engine("strokes.js"));

const { drawings, side, place } = await job();
try {
  const placed = place ? drawings.map(strokes[place]) : drawings;
  const levels = placed.map((drawing) => Float32Array.from(strokes.rasterise(drawing, side)));
  answer({ placed, levels });
} catch (error) {
  answer({ error: error.message });
}
