// A picture of ink with a window over it.

const SVG = "http://www.w3.org/2000/svg";
const colours = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

/** A colour of the style sheet, as three numbers. */
function colour(name) {
  colours.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name);
  colours.fillRect(0, 0, 1, 1);
  return colours.getImageData(0, 0, 1, 1).data;
}

let palette;
const plates = new Set();
const dark = matchMedia("(prefers-color-scheme: dark)");
function readPalette() {
  palette = { paper: colour("--paper"), ink: colour("--ink"), write: colour("--write") };
}
dark.addEventListener("change", () => {
  readPalette();
  plates.forEach((plate) => plate.paint());
});

export class Plate {
  /** `mat` is how much of the surroundings is shown, in pixels of the picture. */
  constructor(root, { mat = 0 } = {}) {
    if (!palette) readPalette();
    this.mat = mat;
    this.canvas = document.createElement("canvas");
    root.append(this.canvas);
    if (mat) {
      this.overlay = document.createElementNS(SVG, "svg");
      this.rect = document.createElementNS(SVG, "rect");
      this.overlay.append(this.rect);
      root.append(this.overlay);
    }
    root.style.setProperty("--edge", mat);
    this.root = root;
    plates.add(this);
    this.resize([1, 28, 28]);
  }

  resize(shape) {
    if (String(shape) === String(this.shape)) return;
    const [, height, width] = (this.shape = shape);
    this.canvas.width = width;
    this.canvas.height = height;
    this.image = new ImageData(width, height);
    const { mat } = this;
    this.root.style.setProperty("--across", width + 2 * mat);
    this.root.style.setProperty("--down", height + 2 * mat);
    this.overlay?.setAttribute(
      "viewBox",
      `${-0.5 - mat} ${-0.5 - mat} ${width + 2 * mat} ${height + 2 * mat}`,
    );
    this.clear();
  }

  /** Show bytes of ink; those of `given` in ink, what goes beyond them in red. */
  show(bytes, given = null) {
    this.bytes = bytes;
    this.given = given;
    this.paint();
  }

  clear() {
    this.show(null);
    this.window(null);
  }

  paint() {
    const [channels, height, width] = this.shape;
    const { data } = this.image;
    const { paper, ink, write } = palette;
    const size = height * width;
    for (let place = 0; place < size; place += 1) {
      for (let band = 0; band < 3; band += 1) {
        let value = paper[band];
        if (this.bytes && channels === 3) {
          value = this.bytes[band * size + place];
        } else if (this.bytes) {
          const drawn = this.bytes[place] / 255;
          const own = this.given ? this.given[place] / 255 : drawn;
          value += (write[band] - paper[band]) * Math.max(drawn - own, 0);
          value += (ink[band] - value) * own;
        }
        data[4 * place + band] = value;
      }
      data[4 * place + 3] = 255;
    }
    this.canvas.getContext("2d").putImageData(this.image, 0, 0);
  }

  /** Lay a window over the picture, of the kind "read" or "write"; null takes it off. */
  window(square, kind = "write") {
    if (!this.rect) return;
    if (!square) {
      this.rect.setAttribute("class", "off");
      return;
    }
    // Too thin could not be seen; too thick would hide what the window looks at.
    const border = Math.min(Math.max(square.border, 0.3), 1.5);
    const [, height, width] = this.shape;
    const [left, right] = this.within(square.x, square.side, width, border);
    const [top, bottom] = this.within(square.y, square.side, height, border);
    const beyond = Math.min(right - left, bottom - top) < square.side - 0.01;
    this.rect.setAttribute("class", beyond ? `${kind} beyond` : kind);
    this.rect.setAttribute("x", left);
    this.rect.setAttribute("y", top);
    this.rect.setAttribute("width", Math.max(right - left, 0.1));
    this.rect.setAttribute("height", Math.max(bottom - top, 0.1));
    this.rect.style.strokeWidth = border;
  }

  /** Both ends of a window along one axis, brought to the edge of the mat if they lie beyond. */
  within(centre, side, length, border) {
    const low = -0.5 - this.mat + border / 2;
    const high = length - 0.5 + this.mat - border / 2;
    return [centre - side / 2, centre + side / 2].map((end) => Math.min(Math.max(end, low), high));
  }
}

/** Plates in a list, as many as asked for. */
export function wall(list, count, options) {
  return Array.from({ length: count }, () => {
    const item = document.createElement("li");
    item.className = "plate";
    list.append(item);
    return new Plate(item, options);
  });
}
