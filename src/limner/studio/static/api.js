// The service: requests as JSON, arrays of pixels as bytes.

export const NUM_TRIES = 4;

export async function get(path) {
  return (await answer(`/api/v1/${path}`, {})).json();
}

/** Ask; a studio that is busy is asked again, for as long as `signal` lets it. */
export async function post(path, body, { signal, format = "json" } = {}) {
  const response = await answer(`/api/v1/${path}?format=${format}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  return format === "json" ? response.json() : response.blob();
}

async function answer(url, options) {
  for (let trial = 1; ; trial += 1) {
    const response = await fetch(url, options).catch(explain);
    if (response.ok) return response;
    if (response.status !== 503 || trial === NUM_TRIES) {
      const refusal = await response.json().catch(() => ({}));
      throw new Error(refusal.detail ?? `the studio answered ${response.status}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500 * trial));
  }
}

function explain(error) {
  // What fetch throws when nobody answers.
  if (error instanceof TypeError) throw new Error("The studio does not answer: is it still running?");
  throw error;
}

/** The bytes of the API's Pixels, and how to cut them. */
export function pixels({ shape, data }) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const size = shape.slice(-3).reduce((product, length) => product * length, 1);
  return {
    shape: shape.slice(-3),
    // A picture by the indices of the axes before channel, y and x.
    at(...indices) {
      const place = indices.reduce((sum, index, axis) => sum * shape[axis] + index, 0);
      return bytes.subarray(place * size, (place + 1) * size);
    },
  };
}

/** A window of the API's WindowsAnswer as a square to be drawn, or null. */
export function square(windows, picture, step) {
  if (!windows) return null;
  return {
    x: windows.centre_x[picture][step],
    y: windows.centre_y[picture][step],
    side: Math.max((windows.grid - 1) * windows.stride[picture][step], 1),
    border: windows.std[picture][step],
  };
}
