// Where shared interrupts go: GICv3's GICD_IROUTER (IHI 0069, 12.9.22), GICv2's GICD_ITARGETSR (IHI 0048, 4.3.12).
// Keeps InterruptState.targets, the bitmaps by CPU from which the best pending interrupt is chosen.
import { joinAffinity } from './affinity.ts';
import type { InterruptState } from './interrupts.ts';

/** GICD_IROUTER.Interrupt_Routing_Mode: any CPU that takes part. */
const ANY_CPU = -1;
/** Routed to an affinity that no CPU has. */
const NOWHERE = -2;

export interface RoutingSnapshot {
  routes: Uint32Array;
  lists: Uint8Array;
}

export interface RoutingOptions {
  version: 2 | 3;
  state: InterruptState;
  affinities: readonly number[];
  /** Whether a CPU's interface has a group enabled. */
  takesPart: (cpu: number, group: 0 | 1) => boolean;
  /** The set of interrupts that a CPU can get changed. */
  choose: (cpu: number) => void;
}

export class Routing {
  readonly #version: 2 | 3;
  readonly #state: InterruptState;
  readonly #affinities: readonly number[];
  readonly #takesPart: RoutingOptions['takesPart'];
  readonly #choose: RoutingOptions['choose'];
  /** GICv3: by SPI, low and high word. */
  readonly #routes: Uint32Array;
  /** GICv2: by SPI, a bit for each CPU. */
  readonly #lists: Uint8Array;
  /** SPIs with Interrupt_Routing_Mode 1, in order. */
  #anyCpu: number[] = [];

  constructor(options: RoutingOptions) {
    this.#version = options.version;
    this.#state = options.state;
    this.#affinities = options.affinities;
    this.#takesPart = options.takesPart;
    this.#choose = options.choose;
    this.#routes = new Uint32Array(this.#state.spis * 2);
    this.#lists = new Uint8Array(this.#state.spis);
    this.#apply();
  }

  readRoute(spi: number, half: number): number {
    return this.#routes[spi * 2 + half] ?? 0;
  }

  writeRoute(spi: number, half: number, value: number): void {
    if (spi >= this.#state.spis) return;
    this.#routes[spi * 2 + half] = value;
    this.#applyRoute(spi);
  }

  /** Word `index` of GICD_ITARGETSR. The first eight read as the CPU that asks; one CPU has none of these registers. */
  readTargets(index: number, asking: number): number {
    if (this.#state.cpus === 1) return 0;
    if (index < 8) return Math.imul(1 << asking, 0x01010101) >>> 0;
    const list = (byte: number): number => this.#lists[index * 4 - 32 + byte] ?? 0;
    return (list(0) | (list(1) << 8) | (list(2) << 16) | (list(3) << 24)) >>> 0;
  }

  writeTargets(index: number, value: number, lanes: number): void {
    const first = index * 4 - 32;
    if (first < 0 || first >= this.#state.spis || this.#state.cpus === 1) return;
    for (let byte = 0; byte < 4; byte++) {
      if (((lanes >>> (byte * 8)) & 0xff) === 0) continue;
      this.#lists[first + byte] = (value >>> (byte * 8)) & ((1 << this.#state.cpus) - 1);
      this.#setTargets(first + byte, this.#lists[first + byte]!);
    }
  }

  /** An interface's group enables or an interrupt's group changed: who takes part in routing mode 1 may have, too. */
  reconsider(): void {
    for (const spi of this.#anyCpu) this.#setTargets(spi, this.#targetsOf(spi));
  }

  save(): RoutingSnapshot {
    return { routes: this.#routes.slice(), lists: this.#lists.slice() };
  }

  /** The target bitmaps are saved with the interrupts. */
  restore(snapshot: RoutingSnapshot): void {
    this.#routes.set(snapshot.routes);
    this.#lists.set(snapshot.lists);
    this.#apply();
  }

  #apply(): void {
    for (let spi = 0; spi < this.#state.spis; spi++) {
      if (this.#version === 3) this.#applyRoute(spi);
      else this.#setTargets(spi, this.#state.cpus === 1 ? 1 : this.#lists[spi]!);
    }
  }

  #applyRoute(spi: number): void {
    const any = this.#routeOf(spi) === ANY_CPU;
    if (any !== this.#anyCpu.includes(spi))
      this.#anyCpu = any ? [...this.#anyCpu, spi].sort((a, b) => a - b) : this.#anyCpu.filter((other) => other !== spi);
    this.#setTargets(spi, this.#targetsOf(spi));
  }

  /** One CPU at most. With routing mode 1: the lowest-numbered CPU whose interface has the interrupt's group enabled. */
  #targetsOf(spi: number): number {
    let cpu = this.#routeOf(spi);
    if (cpu === ANY_CPU) {
      const group = this.#state.isGroup1(this.#state.cpus + (spi >>> 5), spi & 31) ? 1 : 0;
      cpu = this.#affinities.findIndex((_, one) => this.#takesPart(one, group));
    }
    return cpu < 0 ? 0 : 2 ** cpu;
  }

  #routeOf(spi: number): number {
    const lo = this.#routes[spi * 2]!;
    if (lo >>> 31) return ANY_CPU;
    const cpu = this.#affinities.indexOf(joinAffinity(lo, this.#routes[spi * 2 + 1]!));
    return cpu < 0 ? NOWHERE : cpu;
  }

  /** `cpus` as a set of bits; more than 32 CPUs are told apart by division. */
  #setTargets(spi: number, cpus: number): void {
    const { targets, sharedWords } = this.#state;
    const mask = 1 << (spi & 31);
    for (let cpu = 0; cpu < this.#state.cpus; cpu++) {
      const at = cpu * sharedWords + (spi >>> 5);
      const wanted = Math.floor(cpus / 2 ** cpu) % 2 === 1;
      const next = (wanted ? targets[at]! | mask : targets[at]! & ~mask) >>> 0;
      if (next === targets[at]) continue;
      targets[at] = next;
      this.#choose(cpu);
    }
  }
}
