// The smallest board that runs a bare-metal image: RAM where QEMU's virt board has it, a UART that only listens, a counter
// that follows retired instructions, and PSCI's power-off. For tests, benches and the oracle.
import type { ClusterOptions } from '../cluster.ts';
import type { BackgroundTranslator } from '../region/background.ts';
import type { RegionTuning } from '../region/cache.ts';
import { createEngineMemory, WASM_PAGE } from '../core/memory.ts';
import { CpuCluster, cpuAreaSize } from '../cluster.ts';
import type { BusAccess, Cpu, CpuPort, Outcome } from '../port.ts';
import { OUTCOME } from '../port.ts';
import type { Processor } from '../processor.ts';
import type { Gpa, HostOffset, Pa } from '../../util/units.ts';
import { gva, instructions, MiB } from '../../util/units.ts';

export const RAM_BASE = 0x4000_0000;
export const IMAGE_BASE = 0x4020_0000;
const UART = 0x0900_0000;
const PSCI_SYSTEM_OFF = 0x8400_0008;
const CNTVCT = (3 << 14) | (3 << 11) | (14 << 7) | 2;

/** What boards execute with unless they are told: tests of the processor run once on each tier. */
export const usualTier: { regions: boolean | RegionTuning } = { regions: false };

export class PlainBoard implements CpuPort {
  readonly cluster: CpuCluster;
  readonly memory: WebAssembly.Memory;
  /** Host offset of RAM_BASE. */
  readonly ram: number;
  readonly ramSize: number;
  output = '';
  off = false;
  unknown: number[] = [];

  constructor(
    model = 'cortex-a57',
    ramSize = 64 * MiB,
    cpus = 1,
    codePages?: number,
    regions = usualTier.regions,
    translator?: BackgroundTranslator,
  ) {
    const pool = codePages === undefined ? {} : { codePages };
    const area = cpuAreaSize(cpus, { memoryBytes: 512 * MiB, ...pool });
    this.ram = Math.ceil(area / WASM_PAGE) * WASM_PAGE;
    this.ramSize = ramSize;
    this.memory = createEngineMemory(this.ram + ramSize);
    const options: ClusterOptions = {
      memory: this.memory,
      cpus: Array.from({ length: cpus }, (_, i) => ({ affinity: i, model })),
      port: this,
      ...pool,
      regions,
      ...(translator && { translator }),
      registers: { CNTFRQ_EL0: 62_500_000n },
    };
    this.cluster = new CpuCluster(options);
    const map = this.cluster.createAddressMap([
      {
        start: RAM_BASE as Gpa,
        size: ramSize,
        host: this.ram as HostOffset,
        physical: RAM_BASE as Pa,
        writable: true,
      },
    ]);
    for (const cpu of this.cluster.cpus) cpu.addressMap = map;
  }

  get cpu(): Processor {
    return this.cluster.cpus[0]!;
  }

  bytes(address: number, size: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.ram + address - RAM_BASE, size);
  }

  /** Copies an image to its place and points the first CPU at it. */
  load(image: Uint8Array, address = IMAGE_BASE): void {
    this.bytes(address, image.length).set(image);
    this.cluster.invalidate((this.ram + address - RAM_BASE) as HostOffset, image.length);
    this.cpu.reset({ pc: gva(BigInt(address)) });
  }

  /** Runs until power-off or for so many instructions. */
  run(limit = Infinity, slice = 200_000): number {
    const start = this.cpu.retired;
    while (!this.off && this.cpu.retired - start < limit) {
      const exit = this.cpu.run(instructions(Math.min(slice, limit - (this.cpu.retired - start))));
      if (exit.reason === 'wait') break;
    }
    return this.cpu.retired - start;
  }

  access(_cpu: Cpu, access: BusAccess): Outcome {
    if (access.address < UART || access.address >= UART + 0x1000) return OUTCOME.EXTERNAL_ABORT;
    if (access.write && access.address === UART) this.output += String.fromCharCode(access.lo & 0xff);
    access.lo = access.hi = 0;
    return OUTCOME.DONE;
  }
  fetchFault(): Outcome {
    return OUTCOME.EXTERNAL_ABORT;
  }
  hvc(cpu: Cpu): Outcome {
    if (cpu.x(0) !== BigInt(PSCI_SYSTEM_OFF)) return OUTCOME.UNDEFINED;
    this.off = true;
    cpu.leave();
    return OUTCOME.DONE;
  }
  smc(): Outcome {
    return OUTCOME.UNDEFINED;
  }
  readSystemRegister(cpu: Cpu, key: number): Outcome {
    if (key !== CNTVCT) return OUTCOME.UNDEFINED;
    cpu.exchange.lo = Math.floor(cpu.retired / 16) >>> 0;
    cpu.exchange.hi = Math.floor(cpu.retired / 16 / 2 ** 32);
    return OUTCOME.DONE;
  }
  writeSystemRegister(): Outcome {
    return OUTCOME.UNDEFINED;
  }
  unimplemented(_cpu: Cpu, instruction: number): void {
    this.unknown.push(instruction);
  }
}
