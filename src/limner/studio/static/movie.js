// @ts-check
// Frames as a film, recorded by the browser itself while they are shown to it.

const TYPES = ["video/mp4;codecs=avc1", "video/webm;codecs=vp9", "video/webm"];

/** The kind of film that this browser makes; empty if none. */
export const FILM =
  typeof MediaRecorder === "undefined"
    ? ""
    : (TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? "");

/**
 * @param {HTMLCanvasElement[]} frames All of one size.
 * @param {{frame: number, last: number}} seconds That each is shown, and the last.
 * @returns {Promise<Blob>}
 */
export async function film(frames, { frame, last }) {
  const canvas = document.createElement("canvas");
  // Films want even numbers of pixels.
  canvas.width = 2 * Math.floor(frames[0].width / 2);
  canvas.height = 2 * Math.floor(frames[0].height / 2);
  const context = canvas.getContext("2d");
  const recorder = new MediaRecorder(canvas.captureStream(30), {
    mimeType: FILM,
    videoBitsPerSecond: 8_000_000,
  });
  /** @type {Blob[]} */
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((resolve) => {
    recorder.onstop = resolve;
  });
  recorder.start();
  for (const [n, one] of frames.entries()) {
    context?.drawImage(one, 0, 0);
    await seconds(n === frames.length - 1 ? last : frame);
  }
  recorder.stop();
  await stopped;
  return new Blob(parts, { type: FILM });
}

/** @param {number} length */
function seconds(length) {
  return new Promise((resolve) => {
    setTimeout(resolve, 1000 * length);
  });
}
