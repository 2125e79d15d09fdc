// The state of every interrupt, as bitmaps of 32, and the choice of the best pending one for a CPU.
// Source: Arm IHI 0069 (GICv3) chapter 4 and IHI 0048 (GICv2) chapter 3.
//
// Words: one for each CPU's private interrupts (INTID 0..31), then one for each 32 shared ones. A word number and a bit
// name an interrupt everywhere in this folder.

/** INTIDs with a special meaning (IHI 0069, 2.2.1). */
export const SPURIOUS = 1023;
export const SPECIAL_INTIDS = 1020;

/** The idle priority (IHI 0069, 4.8): an interrupt of this priority is never chosen. */
export const IDLE_PRIORITY = 0xff;

export const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits);

export interface InterruptStateSnapshot {
  words: Uint32Array[];
  priority: Uint8Array;
  targets: Uint32Array;
  sgiSources: Uint8Array;
  groupsEnabled: number;
}

export class InterruptState {
  readonly cpus: number;
  /** Shared interrupts implemented, a multiple of 32. */
  readonly spis: number;
  readonly sharedWords: number;

  readonly enabled: Uint32Array;
  /** Pending state that is remembered: edges, SGIs, writes to ISPENDR. */
  readonly latched: Uint32Array;
  /** Input wires. */
  readonly level: Uint32Array;
  /** Edge-triggered; else level-sensitive. */
  readonly edge: Uint32Array;
  readonly active: Uint32Array;
  /** Group 1; else group 0. */
  readonly group: Uint32Array;
  /** By word * 32 + bit; lower is more urgent. */
  readonly priority: Uint8Array;
  /** Which shared interrupts go to a CPU: cpu * sharedWords + shared word. */
  readonly targets: Uint32Array;
  /** GICv2: CPUs that sent a pending SGI, a bit each, by cpu * 16 + id. */
  readonly sgiSources: Uint8Array;
  /** GICD_CTLR.EnableGrp0 (bit 0) and EnableGrp1 (bit 1). */
  groupsEnabled = 0;

  /** Best pending interrupt of each CPU: INTID or -1, and its priority. */
  readonly bestIntid: Int32Array;
  readonly bestPriority: Uint16Array;

  constructor(cpus: number, spis: number) {
    if (spis % 32 !== 0) throw new RangeError(`the GIC implements shared interrupts in groups of 32, not ${spis}`);
    this.cpus = cpus;
    this.spis = spis;
    this.sharedWords = spis / 32;
    const words = cpus + this.sharedWords;
    this.enabled = new Uint32Array(words);
    this.latched = new Uint32Array(words);
    this.level = new Uint32Array(words);
    this.edge = new Uint32Array(words);
    this.active = new Uint32Array(words);
    this.group = new Uint32Array(words);
    this.priority = new Uint8Array(words * 32);
    this.targets = new Uint32Array(cpus * this.sharedWords);
    this.sgiSources = new Uint8Array(cpus * 16);
    this.bestIntid = new Int32Array(cpus).fill(-1);
    this.bestPriority = new Uint16Array(cpus).fill(IDLE_PRIORITY);
    // SGIs are edges.
    this.edge.fill(0xffff, 0, cpus);
  }

  /** The word of an INTID as a CPU sees it; -1 if it is not implemented. */
  word(cpu: number, intid: number): number {
    if (intid < 32) return cpu;
    return intid < 32 + this.spis ? this.cpus + (intid >>> 5) - 1 : -1;
  }

  intid(word: number, bit: number): number {
    return word < this.cpus ? bit : (word - this.cpus + 1) * 32 + bit;
  }

  pending(word: number): number {
    return (this.latched[word]! | (this.level[word]! & ~this.edge[word]!)) >>> 0;
  }

  isGroup1(word: number, bit: number): boolean {
    return ((this.group[word]! >>> bit) & 1) === 1;
  }

  /** A wire moves. A rising edge latches. True if the interrupt's pending state may have changed. */
  setLevel(word: number, bit: number, level: boolean): boolean {
    const mask = 1 << bit;
    const before = (this.level[word]! & mask) !== 0;
    if (before === level) return false;
    this.level[word] = level ? this.level[word]! | mask : this.level[word]! & ~mask;
    if ((this.edge[word]! & mask) === 0) return true;
    if (level) this.latched[word] = this.latched[word]! | mask;
    return level;
  }

  /** Pending becomes active (IHI 0069, 4.1.2): what was latched is consumed, a wire that is still up stays pending. */
  activate(word: number, bit: number): void {
    const mask = 1 << bit;
    this.active[word] = this.active[word]! | mask;
    this.latched[word] = this.latched[word]! & ~mask;
  }

  /** Finds the best pending interrupt of a CPU: enabled, in an enabled group, not active; lowest INTID among equals. */
  select(cpu: number): void {
    let intid = -1;
    let best = IDLE_PRIORITY;
    const last = this.cpus + this.sharedWords;
    const targets = cpu * this.sharedWords - this.cpus;
    for (let word = cpu; word < last; word = word < this.cpus ? this.cpus : word + 1) {
      const pending = this.latched[word]! | (this.level[word]! & ~this.edge[word]!);
      if (pending === 0) continue;
      const group = this.group[word]!;
      const groups = (this.groupsEnabled & 1 ? ~group : 0) | (this.groupsEnabled & 2 ? group : 0);
      let bits = pending & this.enabled[word]! & ~this.active[word]! & groups;
      if (word >= this.cpus) bits &= this.targets[targets + word]!;
      while (bits !== 0) {
        const bit = lowestBit(bits);
        const priority = this.priority[word * 32 + bit]!;
        if (priority < best) {
          best = priority;
          intid = this.intid(word, bit);
        }
        bits &= bits - 1;
      }
    }
    this.bestIntid[cpu] = intid;
    this.bestPriority[cpu] = best;
  }

  save(): InterruptStateSnapshot {
    return {
      words: this.#words().map((words) => words.slice()),
      priority: this.priority.slice(),
      targets: this.targets.slice(),
      sgiSources: this.sgiSources.slice(),
      groupsEnabled: this.groupsEnabled,
    };
  }

  restore(snapshot: InterruptStateSnapshot): void {
    this.#words().forEach((words, n) => words.set(snapshot.words[n]!));
    this.priority.set(snapshot.priority);
    this.targets.set(snapshot.targets);
    this.sgiSources.set(snapshot.sgiSources);
    this.groupsEnabled = snapshot.groupsEnabled;
    for (let cpu = 0; cpu < this.cpus; cpu++) this.select(cpu);
  }

  #words(): Uint32Array[] {
    return [this.enabled, this.latched, this.level, this.edge, this.active, this.group];
  }
}
