// Speed of a run over about the last second: guest seconds and million instructions per host second.

interface Sample {
  hostMs: number;
  guestNs: number;
  instructions: number;
}

const WINDOW_MS = 1000;

export class SpeedMeter {
  #samples: Sample[] = [];

  note(sample: Sample): void {
    this.#samples.push(sample);
    while (this.#samples.length > 2 && sample.hostMs - this.#samples[1]!.hostMs >= WINDOW_MS) this.#samples.shift();
  }

  /** Zero until two samples are there; call after a pause too, so that it does not count as slowness. */
  get speed(): { speed: number; mips: number } {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.hostMs <= first.hostMs) return { speed: 0, mips: 0 };
    const hostMs = last.hostMs - first.hostMs;
    return {
      speed: (last.guestNs - first.guestNs) / 1e6 / hostMs,
      mips: (last.instructions - first.instructions) / 1e3 / hostMs,
    };
  }

  reset(): void {
    this.#samples = [];
  }
}
