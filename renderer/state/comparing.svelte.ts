// The compare view's choice of two runs, and what main found between them.
import type { Bridge, RunComparison, RunRecord, RunSummary } from '../../engine/contract/index.ts';
import { reasonOf } from './notices.svelte.ts';

export class Comparing {
  a = $state<string>();
  b = $state<string>();
  result = $state.raw<RunComparison>();
  records = $state.raw<{ a: RunRecord; b: RunRecord }>();
  loading = $state(false);
  failed = $state<string>();
  /** The difference that J and K have come to. */
  current = $state<number>();
  /** How many differences the view shows; set by it. */
  differences = $state(0);

  #bridge: Bridge;
  #asked = 0;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  reset(): void {
    this.a = this.b = undefined;
    this.result = this.records = this.failed = this.current = undefined;
    this.#asked++;
  }

  /** Chooses two runs; without a choice the newest one and the one before it. */
  async choose(a: string, b: string): Promise<void> {
    this.a = a;
    this.b = b;
    this.current = undefined;
    this.failed = undefined;
    this.loading = true;
    const asked = ++this.#asked;
    try {
      const [result, first, second] = await Promise.all([
        this.#bridge.call('runs.compare', { a, b }),
        this.#bridge.call('runs.open', { id: a }),
        this.#bridge.call('runs.open', { id: b }),
      ]);
      if (asked !== this.#asked) return;
      this.result = result;
      this.records = { a: first, b: second };
    } catch (error) {
      if (asked === this.#asked) this.failed = reasonOf(error);
    } finally {
      if (asked === this.#asked) this.loading = false;
    }
  }

  /** The newest two runs, if nothing that is still there is chosen. */
  async begin(runs: readonly RunSummary[]): Promise<void> {
    const there = (id: string | undefined): boolean => runs.some((run) => run.id === id);
    if (there(this.a) && there(this.b)) {
      if (!this.result && !this.loading) await this.choose(this.a!, this.b!);
      return;
    }
    const [newest, before] = runs;
    if (newest && before) await this.choose(before.id, newest.id);
    else this.reset();
  }

  step(by: 1 | -1): void {
    if (this.differences === 0) return;
    const from = this.current ?? (by === 1 ? -1 : this.differences);
    this.current = (from + by + this.differences) % this.differences;
  }
}
