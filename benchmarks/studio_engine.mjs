// Milliseconds that the studio's engine takes, in Node.
//
//     node benchmarks/studio_engine.mjs [RUN FOLDER]
//
// Without a folder it is the pretrained `cat`. Each is the least of several runs, after others in
// which the machine code was made; the first result of completions is its first preview.

import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const limner = new URL("../src/limner/", import.meta.url);
const engine = new URL("studio/static/model/", limner);
const { complete } = await import(new URL("completion.js", engine));
const { readSafetensors } = await import(new URL("safetensors.js", engine));
const { reconstruct, sample } = await import(new URL("sampling.js", engine));
const { makeModel } = await import(new URL("weights.js", engine));

const WARM_UPS = 5;
const RUNS = 15;

const given = process.argv[2];
const folder = given ? pathToFileURL(`${given}/`) : new URL("pretrained/cat/", limner);
const config = JSON.parse(await readFile(new URL("config.json", folder), "utf-8")).model;
const { buffer, byteOffset, byteLength } = await readFile(new URL("model.safetensors", folder));
const file = buffer.slice(byteOffset, byteOffset + byteLength);

const begun = performance.now();
const model = makeModel(config, readSafetensors(file));
print("load", performance.now() - begun);

const numSteps = config.num_steps;
const category = model.numCategories ? 0 : null;
const [channels, height, width] = model.shape;
// A square of ink in the middle: what is drawn does not change how long it takes.
const image = Float32Array.from({ length: channels * height * width }, (_, place) => {
  const y = Math.floor(place / width) % height;
  const x = place % width;
  return Number(Math.abs(y - height / 2) < height / 4 && Math.abs(x - width / 2) < width / 4);
});

print(
  "first sample",
  milliseconds(() => dream(1)),
);
print(
  "a sample",
  least(() => dream(1)),
);
print(
  "24 samples",
  least(() => dream(24)),
);
print(
  "a reconstruction",
  least(() => redraw(1)),
);
print(
  "8 reconstructions",
  least(() => redraw(8)),
);
if (channels === 1) {
  const options = { num: 8, numSteps, seed: 0, category };
  const start = performance.now();
  let first = 0;
  for (const { preview } of complete(model, image, options)) {
    if (preview && !first) first = performance.now() - start;
  }
  print("8 completions", performance.now() - start);
  print("  of which the first preview", first);
}

function dream(num) {
  exhaust(sample(model, { num, numSteps, seed: 0, category }));
}

function redraw(num) {
  const images = new Array(num).fill(image);
  const categories = images.map(() => category);
  exhaust(reconstruct(model, images, { numSteps, seed: 0, categories }));
}

function exhaust(steps) {
  while (!steps.next().done);
}

function least(act) {
  for (let run = 0; run < WARM_UPS; run += 1) act();
  return Math.min(...Array.from({ length: RUNS }, () => milliseconds(act)));
}

function milliseconds(act) {
  const start = performance.now();
  act();
  return performance.now() - start;
}

function print(what, time) {
  console.log(`${what.padEnd(30)} ${time.toFixed(1).padStart(8)} ms`);
}
