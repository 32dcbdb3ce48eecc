// Numbers of chance: a job {seed, count} to some of every kind.

import { answer, engine, job } from "./answers.mjs";

const { bits, gumbel, key, normal, split, uniform } = await import(engine("random.js"));

const { seed, count } = await job();
const whole = key(seed);
answer({
  bits: [...bits(whole, count)],
  uniform: uniform(whole, count, -3, 2),
  normal: normal(whole, count),
  gumbel: gumbel(whole, count),
  split: split(whole, 5),
});
