// The page's side of the engine and its service, at the two ends of a channel: a job {model,
// weights} to what came of asking for several things.

import { answer, bytesOf, engine, job } from "./answers.mjs";

const { Engine, Latest } = await import(engine("client.js"));
const { serve } = await import(engine("service.js"));

const { model, weights } = await job();
const { port1, port2 } = new MessageChannel();
serve(port1);
const asked = new Engine(port2);
const found = {};

found.unloaded = await outcome(asked.sample("net", { num: 1, numSteps: 1, seed: 0 }));
found.damaged = await outcome(asked.load("net", model, new ArrayBuffer(3)));
const bytes = await bytesOf(weights);
await asked.load("net", model, bytes);
found.handedOver = bytes.byteLength === 0;

const parts = [];
const options = { num: 2, numSteps: 3, seed: 0 };
const sampled = await asked.sample("net", options, { onProgress: ({ part }) => parts.push(part) });
found.parts = parts;
found.canvases = sampled.steps.map((steps) => steps.map(({ canvas }) => canvas));
const image = new Float32Array(35).fill(0.5);
found.losses = (await asked.reconstruct("net", [image], { numSteps: 2, seed: 0 })).result;
found.completions = (await asked.complete("net", image, { num: 2, numSteps: 2, seed: 0 })).steps;
const way = { positions: [0, 0.5, 1], numSteps: 2 };
found.between = (await asked.interpolate("net", image, image, way)).steps;
found.categories = await outcome(asked.classify("net", image, { numSteps: 1 }));

// A long computation is cancelled after its second step; another begins, and is answered.
const latest = new Latest();
let seen = 0;
const long = asked.sample(
  "net",
  { num: 1, numSteps: 100_000, seed: 0 },
  {
    signal: latest.begin(),
    onProgress: () => {
      seen += 1;
      if (seen === 2) latest.begin();
    },
  },
);
found.cancelled = await outcome(long);
found.seen = seen;
const after = await asked.sample("net", options, { signal: latest.begin() });
found.after = after.steps.length;
found.early = await outcome(asked.sample("net", options, { signal: AbortSignal.abort() }));

// Two at once take turns.
const order = [];
const turns = (name) => ({ onProgress: () => order.push(name) });
await Promise.all([
  asked.sample("net", options, turns("a")),
  asked.sample("net", options, turns("b")),
]);
found.order = order.join("");

const pending = outcome(asked.sample("net", options));
asked.close();
found.closed = await pending;
answer(found);

async function outcome(promise) {
  return promise.then(
    () => "done",
    (error) => `${error.name}: ${error.message}`,
  );
}
