// The steps of a drawing: a bar for each, as high as its rate; to be scrubbed and played.

const STEP_SECONDS = 0.12;
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Timeline {
  /** `shown` is called with a step, counted from 0, when it is to be seen. */
  constructor(root, shown) {
    root.innerHTML = `
      <button type="button" class="play" aria-label="Play"></button>
      <div class="track">
        <div class="bars" aria-hidden="true"></div>
        <input type="range" min="1" max="20" step="1" value="1" aria-label="Step">
      </div>
      <p class="step"><output></output><span></span></p>`;
    this.root = root;
    this.shown = shown;
    this.button = root.querySelector("button");
    this.bars = root.querySelector(".bars");
    this.range = root.querySelector("input");
    this.label = root.querySelector("output");
    this.detail = root.querySelector(".step span");
    this.length = 0;
    this.button.addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    this.range.addEventListener("input", () => this.go(this.range.valueAsNumber - 1));
    this.range.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      this.button.click();
    });
    const track = root.querySelector(".track");
    const scrub = (event) => {
      const box = this.bars.getBoundingClientRect();
      this.go(Math.floor(((event.clientX - box.left) / box.width) * this.length));
    };
    track.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      track.setPointerCapture(event.pointerId);
      this.range.focus();
      scrub(event);
    });
    track.addEventListener("pointermove", (event) => {
      if (track.hasPointerCapture(event.pointerId)) scrub(event);
    });
    this.set(20, null);
    this.range.disabled = this.button.disabled = true;
  }

  /** Take new drawings: their number of steps and, if they have any, the rate of each, in nats. */
  set(length, rates) {
    this.pause();
    this.rates = rates;
    this.range.disabled = this.button.disabled = false;
    if (length !== this.length) {
      this.length = length;
      this.range.max = length;
      this.bars.replaceChildren(
        ...Array.from({ length }, () => document.createElement("span")),
      );
    }
    const most = Math.max(1, ...(rates ?? [1]));
    [...this.bars.children].forEach((bar, n) => {
      bar.style.setProperty("--height", rates ? Math.max(rates[n], 0) / most : 0);
    });
    this.at = Math.min(this.at ?? 0, length - 1);
    this.mark();
  }

  /** Play from the start, or show the end where motion is unwanted. */
  start() {
    if (still.matches) {
      this.go(this.length - 1);
      return;
    }
    this.at = 0;
    this.shown(0);
    this.mark();
    this.play();
  }

  play() {
    if (this.at >= this.length - 1) this.at = -1;
    this.playing = true;
    this.button.classList.add("playing");
    this.button.setAttribute("aria-label", "Pause");
    let last = performance.now();
    const tick = (now) => {
      if (!this.playing) return;
      const pace = Math.min(STEP_SECONDS, 3.2 / this.length) * 1000;
      const steps = Math.floor((now - last) / pace);
      if (steps > 0) {
        last = now;
        this.at = Math.min(this.at + steps, this.length - 1);
        this.mark();
        this.shown(this.at);
        if (this.at === this.length - 1) {
          this.pause();
          return;
        }
      }
      this.frame = requestAnimationFrame(tick);
    };
    this.frame = requestAnimationFrame(tick);
  }

  pause() {
    this.playing = false;
    cancelAnimationFrame(this.frame);
    this.button.classList.remove("playing");
    this.button.setAttribute("aria-label", "Play");
  }

  go(step) {
    this.pause();
    this.at = Math.min(Math.max(step, 0), this.length - 1);
    this.mark();
    this.shown(this.at);
  }

  mark() {
    this.range.value = this.at + 1;
    this.label.textContent = `step ${this.at + 1} of ${this.length}`;
    this.detail.textContent = this.rates ? `${this.rates[this.at].toFixed(2)} nats` : "";
    [...this.bars.children].forEach((bar, n) => {
      bar.className = n < this.at ? "past" : n === this.at ? "now" : "";
    });
  }
}
