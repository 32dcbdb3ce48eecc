// @ts-check
// Frames as a GIF that loops for ever and rests on its last frame.
//
// One palette serves all frames, so nothing flickers. Colours that are equal to five bits a band are
// one; those that occur most often are kept, and each other one becomes the nearest of them.
//
// Source: CompuServe, Graphics Interchange Format, version 89a, with appendix F (LZW).

const MOST_CODES = 4096;
const BITS = 8;
const COLOURS = 1 << BITS;

/**
 * @param {ImageData[]} frames All of one size.
 * @param {{frame: number, last: number}} seconds That each is shown, and the last.
 * @returns {Blob}
 */
export function gif(frames, { frame, last }) {
  const { width, height } = frames[0];
  const { palette, indexOf } = paletteOf(frames);
  /** @type {(number[] | Uint8Array)[]} */
  const parts = [
    letters("GIF89a"),
    [...short(width), ...short(height), 0x80 | 0x70 | (BITS - 1), 0, 0],
    palette,
    [0x21, 0xff, 11, ...letters("NETSCAPE2.0"), 3, 1, 0, 0, 0],
  ];
  frames.forEach((image, n) => {
    const shown = Math.round(100 * (n === frames.length - 1 ? last : frame));
    parts.push([0x21, 0xf9, 4, 0, ...short(shown), 0, 0]);
    parts.push([0x2c, 0, 0, 0, 0, ...short(width), ...short(height), 0, BITS]);
    const pixels = new Uint32Array(image.data.buffer);
    parts.push(blocks(compressed(Uint8Array.from(pixels, (pixel) => indexOf(reduced(pixel))))));
  });
  parts.push([0x3b]);
  return new Blob(
    parts.map((part) => Uint8Array.from(part)),
    { type: "image/gif" },
  );
}

/**
 * @param {ImageData[]} frames
 * @returns {{palette: Uint8Array, indexOf: (reduced: number) => number}}
 */
function paletteOf(frames) {
  const counts = new Uint32Array(1 << 15);
  const seen = new Uint32Array(1 << 15); // a pixel of each
  for (const { data } of frames) {
    for (const pixel of new Uint32Array(data.buffer)) {
      counts[reduced(pixel)] += 1;
      seen[reduced(pixel)] = pixel;
    }
  }
  const found = Array.from(counts.keys()).filter((colour) => counts[colour]);
  const kept = found.sort((a, b) => counts[b] - counts[a]).slice(0, COLOURS);
  const palette = new Uint8Array(3 * COLOURS);
  kept.forEach((colour, index) => palette.set(bands(seen[colour]), 3 * index));
  const indices = new Map(kept.map((colour, index) => [colour, index]));
  const indexOf = (/** @type {number} */ colour) => {
    const known = indices.get(colour);
    if (known !== undefined) return known;
    const index = nearest(bands(seen[colour]), palette, kept.length);
    indices.set(colour, index);
    return index;
  };
  return { palette, indexOf };
}

/**
 * @param {number[]} colour
 * @param {Uint8Array} palette
 * @param {number} count
 */
function nearest(colour, palette, count) {
  let [best, least] = [0, Infinity];
  for (let index = 0; index < count; index += 1) {
    const away = colour.reduce((sum, band, n) => sum + (band - palette[3 * index + n]) ** 2, 0);
    if (away < least) [best, least] = [index, away];
  }
  return best;
}

/** @param {number} pixel RGBA, the red in the lowest byte; to five bits a band. */
function reduced(pixel) {
  return ((pixel >> 3) & 0x1f) | ((pixel >> 6) & 0x3e0) | ((pixel >> 9) & 0x7c00);
}

/** @param {number} pixel RGBA, the red in the lowest byte. */
function bands(pixel) {
  return [pixel & 0xff, (pixel >> 8) & 0xff, (pixel >> 16) & 0xff];
}

/**
 * Indices as codes of growing length for runs that came before.
 *
 * @param {Uint8Array} indices
 * @returns {Uint8Array}
 */
function compressed(indices) {
  const [clear, end] = [COLOURS, COLOURS + 1];
  const bytes = new Uint8Array(2 * indices.length + 16);
  let [length, buffer, buffered] = [0, 0, 0];
  let bits = BITS + 1;
  const put = (/** @type {number} */ code) => {
    buffer |= code << buffered;
    for (buffered += bits; buffered >= 8; buffered -= 8) {
      bytes[length] = buffer & 0xff;
      length += 1;
      buffer >>>= 8;
    }
  };
  /** @type {Map<number, number>} A run and what follows it, to their code. */
  let codes = new Map();
  let next = end + 1;
  put(clear);
  let run = indices[0];
  for (let n = 1; n < indices.length; n += 1) {
    const longer = (run << BITS) | indices[n];
    const code = codes.get(longer);
    if (code !== undefined) {
      run = code;
      continue;
    }
    put(run);
    run = indices[n];
    if (next === MOST_CODES) {
      put(clear);
      codes = new Map();
      [next, bits] = [end + 1, BITS + 1];
      continue;
    }
    if (next === 1 << bits) bits += 1;
    codes.set(longer, next);
    next += 1;
  }
  put(run);
  if (next === 1 << bits && bits < 12) bits += 1;
  put(end);
  if (buffered) bytes[length] = buffer & 0xff;
  return bytes.subarray(0, length + Number(buffered > 0));
}

/** @param {Uint8Array} bytes In blocks of at most 255, each after its length. */
function blocks(bytes) {
  const count = Math.ceil(bytes.length / 255);
  const made = new Uint8Array(bytes.length + count + 1);
  for (let n = 0; n < count; n += 1) {
    const block = bytes.subarray(255 * n, 255 * (n + 1));
    made[256 * n] = block.length;
    made.set(block, 256 * n + 1);
  }
  return made;
}

/** @param {number} number Below 65,536; the lower byte first. */
function short(number) {
  return [number & 0xff, number >> 8];
}

/** @param {string} words */
function letters(words) {
  return Array.from(words, (letter) => letter.charCodeAt(0));
}
