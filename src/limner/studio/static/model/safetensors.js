// @ts-check
// A safetensors file as arrays: eight bytes of the header's length, a header of JSON, then numbers.
//
// The file may come from anywhere, so nothing in it is believed: every offset is held against the
// bytes that are there before any is read, and what is wrong is said in one line.
//
// Source: github.com/huggingface/safetensors, "Format".

/**
 * An array of a file, as 32-bit floats.
 *
 * @typedef {{shape: number[], data: Float32Array}} NamedArray
 */

const LENGTH_BYTES = 8;
const LONGEST_HEADER = 100_000_000; // bytes; the format's own limit
const METADATA = "__metadata__";

/** @type {Record<string, {size: number, floats: (bytes: DataView) => Float32Array}>} */
const TYPES = {
  F16: { size: 2, floats: (bytes) => read(bytes, 2, (at) => HALVES[bytes.getUint16(at, true)]) },
  F32: { size: 4, floats: (bytes) => read(bytes, 4, (at) => bytes.getFloat32(at, true)) },
};

/**
 * The arrays of a file, by name.
 *
 * @param {ArrayBuffer} file
 * @returns {Map<string, NamedArray>}
 * @throws {Error} The file is damaged, or holds other numbers than floats of 16 or 32 bits.
 */
export function readSafetensors(file) {
  const { header, start } = readHeader(file);
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]) => checkEntry(name, entry))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkSpan(entries, file.byteLength - start);
  return new Map(
    entries.map(({ name, type, shape, begin, end }) => {
      const bytes = new DataView(file, start + begin, end - begin);
      return [name, { shape, data: type.floats(bytes) }];
    }),
  );
}

/**
 * @param {ArrayBuffer} file
 * @returns {{header: object, start: number}} The header, and where the numbers start.
 */
function readHeader(file) {
  const bytes = new DataView(file);
  const rest = file.byteLength - LENGTH_BYTES;
  if (rest < 0)
    throw damaged(`it has ${file.byteLength} bytes, fewer than its header's length takes`);
  const length = bytes.getUint32(0, true) + 2 ** 32 * bytes.getUint32(4, true);
  if (length > Math.min(rest, LONGEST_HEADER)) {
    throw damaged(`its header is said to be ${length} bytes long, and ${rest} follow`);
  }
  const text = new Uint8Array(file, LENGTH_BYTES, length);
  let header;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text));
  } catch {
    throw damaged("its header is not JSON"); // or nests deeper than a parser goes
  }
  if (!isRecord(header)) throw damaged("its header is not an object");
  return { header, start: LENGTH_BYTES + length };
}

/**
 * An entry of the header, held against the format and against itself.
 *
 * @param {string} name
 * @param {unknown} entry
 */
function checkEntry(name, entry) {
  const called = JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}...` : name);
  if (!isRecord(entry)) throw damaged(`its entry ${called} is not an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(TYPES, dtype)) {
    const said = typeof dtype === "string" ? dtype.slice(0, 20) : typeof dtype;
    throw damaged(`${called} is of type ${said}: only F16 and F32 are read`);
  }
  if (!isSizes(shape)) throw damaged(`the shape of ${called} is no list of whole numbers`);
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw damaged(`the offsets of ${called} are not two whole numbers`);
  }
  const [begin, end] = offsets;
  const type = TYPES[dtype];
  const size = shape.reduce((product, length) => product * length, type.size);
  if (end - begin !== size) {
    throw damaged(`${called} has ${end - begin} bytes where its shape takes ${size}`);
  }
  return { name, type, shape, begin, end };
}

/**
 * Arrays must follow each other without gap or overlap, to the last byte.
 *
 * @param {{name: string, begin: number, end: number}[]} entries In the order of their offsets.
 * @param {number} length Bytes that there are for them.
 */
function checkSpan(entries, length) {
  let reached = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== reached) {
      throw damaged(
        `${JSON.stringify(name)} starts at byte ${begin}, not where the last ends, ${reached}`,
      );
    }
    reached = end;
  }
  if (reached !== length)
    throw damaged(`its arrays take ${reached} bytes, and there are ${length}`);
}

/**
 * @param {DataView} bytes
 * @param {number} size Bytes a number.
 * @param {(at: number) => number} number
 */
function read(bytes, size, number) {
  const floats = new Float32Array(bytes.byteLength / size);
  for (let index = 0; index < floats.length; index += 1) floats[index] = number(size * index);
  return floats;
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {unknown} value
 * @returns {value is number[]}
 */
function isSizes(value) {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** @param {string} why */
function damaged(why) {
  return new Error(`the weights cannot be read: ${why}`);
}

/** The value of every pattern of 16 bits: sign, five bits of exponent, ten of fraction. */
const HALVES = Float32Array.from({ length: 2 ** 16 }, (_, pattern) => {
  const sign = pattern >>> 15 ? -1 : 1;
  const exponent = (pattern >>> 10) & 31;
  const fraction = (pattern & 1023) / 1024;
  if (exponent === 0) return sign * 2 ** -14 * fraction;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * 2 ** (exponent - 15) * (1 + fraction);
});
