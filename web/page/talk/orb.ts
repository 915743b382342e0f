/**
 * The visualiser: rings around the talk button that follow both voices, and a level meter for each. It
 * draws only while someone is speaking. With reduced motion, the rings stand still and only the meters
 * move.
 */

/** Set the level of both sides, 25 times a second; it bypasses the state. */
export interface Levels {
  readonly microphone: number;
  readonly speaker: number;
}

let levels: Levels = { microphone: 0, speaker: 0 };

export function setLevels(now: Levels): void {
  levels = now;
}

const RINGS = 3;
const FALL = 0.88;
/** The talk button's radius as a share of the orb's width; as in talk.css. */
const BUTTON = 0.23;

export class VoiceOrb extends HTMLElement {
  static readonly observedAttributes = ["active", "theme"];
  readonly #canvas = document.createElement("canvas");
  readonly #still = matchMedia("(prefers-reduced-motion: reduce)");
  readonly #resized = new ResizeObserver(() => this.#draw());
  #frame = 0;
  #heard = 0;
  #spoken = 0;
  #drawn = "";

  connectedCallback(): void {
    this.#canvas.setAttribute("aria-hidden", "true");
    this.append(this.#canvas);
    this.#resized.observe(this);
    this.#still.addEventListener("change", this.#restart);
    this.#restart();
  }

  disconnectedCallback(): void {
    cancelAnimationFrame(this.#frame);
    this.#resized.disconnect();
    this.#still.removeEventListener("change", this.#restart);
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#restart();
  }

  readonly #restart = (): void => {
    cancelAnimationFrame(this.#frame);
    this.#heard = this.#spoken = 0;
    if (this.hasAttribute("active")) this.#step();
    else this.#draw();
  };

  readonly #step = (): void => {
    const { microphone, speaker } = levels;
    this.#heard = Math.max(microphone, this.#heard * FALL);
    this.#spoken = Math.max(speaker, this.#spoken * FALL);
    this.#meter("you", microphone);
    this.#meter("gemini", speaker);
    const loud = `${this.#heard.toFixed(3)} ${this.#spoken.toFixed(3)}`;
    if (!this.#still.matches && loud !== this.#drawn) this.#draw();
    this.#drawn = loud;
    this.#frame = requestAnimationFrame(this.#step);
  };

  #meter(side: string, value: number): void {
    const meter = document.querySelector(`meter[data-side="${side}"]`);
    if (meter instanceof HTMLMeterElement && meter.value !== value) meter.value = Math.min(1, value);
  }

  #draw(): void {
    const size = this.clientWidth;
    const scale = devicePixelRatio;
    const context = this.#canvas.getContext("2d");
    if (context === null || size === 0) return;
    const pixels = Math.round(size * scale);
    if (this.#canvas.width !== pixels) this.#canvas.width = this.#canvas.height = pixels;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, size, size);
    const style = getComputedStyle(this);
    const [mine, theirs] = [style.color, style.borderTopColor];
    const middle = size / 2;
    const inner = size * BUTTON;
    for (let ring = 0; ring < RINGS; ring += 1) {
      const room = middle - inner - 4;
      const rest = inner + room * (0.16 + ring * 0.26);
      const [color, loud] = this.#spoken > this.#heard ? [theirs, this.#spoken] : [mine, this.#heard];
      context.beginPath();
      context.globalAlpha = (0.34 - ring * 0.1) * (0.7 + 0.3 * Math.min(1, loud * 2));
      context.strokeStyle = color;
      context.lineWidth = 2 + loud * 10 * (1 - ring * 0.22);
      context.arc(middle, middle, rest + room * 0.2 * Math.min(1, loud * 1.6), 0, Math.PI * 2);
      context.stroke();
    }
  }
}

customElements.define("voice-orb", VoiceOrb);
