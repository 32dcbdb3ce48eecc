// How the scripts for the tests take a job and answer it: JSON, in which arrays of floats are base64.

import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";

/** Where a module of the engine is. */
export function engine(name) {
  return new URL(`../../src/limner/studio/static/model/${name}`, import.meta.url).href;
}

/** The job on stdin. */
export async function job() {
  return JSON.parse(await text(process.stdin));
}

/** A file as an ArrayBuffer of its own. */
export async function bytesOf(path) {
  const { buffer, byteOffset, byteLength } = await readFile(path);
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

/** Write the answer to stdout. */
export function answer(value) {
  process.stdout.write(
    JSON.stringify(value, (_, item) =>
      item instanceof Float32Array
        ? { floats: Buffer.from(item.buffer, item.byteOffset, item.byteLength).toString("base64") }
        : item,
    ),
  );
}
