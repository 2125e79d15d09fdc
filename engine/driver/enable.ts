// JAILHOUSE_ENABLE, in the reference's order of checks. Source: ABI reference, E.2, A.11, A.12, K.21, K.22, K.24.
import { cellName, configSize, CONSOLE_FLAG, ConfigError, cpusOf, decode, type SystemConfig } from '../config/index.ts';
import { addressText, boot, CORE_SIZE, cpusText, rangeText, systemFieldBeyond } from '../hypervisor/index.ts';
import { pa } from '../util/units.ts';
import { checkDescriptor } from './descriptor.ts';
import type { JailhouseDriver } from './driver.ts';
import { imageHeader, PERCPU_SIZE } from './firmware.ts';

export type { ImageFacts } from './firmware.ts';

const CALL = 'JAILHOUSE_ENABLE';
const GIC_VERSIONS: readonly number[] = [2, 3];

/** 0 or a negated error number. */
export function enable(driver: JailhouseDriver, bytes: Uint8Array): number {
  const { linux, machine } = driver;
  const refuseIn =
    (root?: string): Refuse =>
    (rule, sentence, field) =>
      driver.report.refuse('EINVAL', {
        call: CALL,
        rule,
        sentence,
        ...(field !== undefined && { target: { ...(root !== undefined && { cell: root }), field } }),
      });

  const wrong = checkDescriptor(bytes, 'system', machine.board.architecture);
  if (wrong) {
    linux.printk(wrong.log);
    return refuseIn()(wrong.rule, wrong.sentence);
  }
  const decoded = decode(bytes, 'system', 'The system configuration');
  if (decoded instanceof ConfigError) return refuseIn()(decoded.code, decoded.message);
  const { system } = decoded.config as { system: SystemConfig };
  const refuse = refuseIn(cellName(system.rootCell));
  const cpus = cpusOf(system.rootCell.cpuSet);
  const highest = cpus.at(-1);
  if (highest === undefined)
    return refuse(
      'no-cpus',
      'The CPU set of the root cell is empty. Name the CPUs of the system in it.',
      'rootCell.cpuSet',
    );
  if (driver.enabled) {
    return driver.report.refuse('EBUSY', {
      call: CALL,
      rule: 'already-enabled',
      sentence: 'The hypervisor is enabled already. Disable it first: jailhouse disable.',
    });
  }
  const failed =
    checkPlatform(system, refuse) ||
    checkSizes(system, highest + 1, refuse) ||
    reserve(driver, system) ||
    checkOnline(driver, cpus, refuse);
  if (failed !== 0) return failed;

  const size = configSize(decoded.config);
  const base = Number(system.hypervisorMemory.physStart);
  const online = linux.onlineCpus;
  const facts = {
    maxCpus: highest + 1,
    onlineCpus: online.length,
    hasDebugConsole: system.debugConsole.address !== 0n,
  };
  machine.memory.fill(pa(base), Number(system.hypervisorMemory.size), 0);
  machine.memory.write(pa(base), imageHeader(facts));
  machine.memory.write(pa(base + CORE_SIZE + (highest + 1) * PERCPU_SIZE), bytes.subarray(0, size));
  openClockGate(driver, system);
  driver.image = facts;
  driver.epoch++;
  driver.savedConsole = undefined;
  driver.systemFlags = system.flags;

  const { hypervisor, result } = boot(
    { machine, system, output: driver.output, report: driver.report, compatibility: driver.compatibility },
    linux.currentCpu,
    online,
  );
  if (result !== 0) {
    driver.savedConsole = hypervisor.console.ring.snapshot();
    return result;
  }
  driver.hypervisor = hypervisor;
  const name = cellName(system.rootCell);
  driver.cells = [{ id: 0, name, config: system.rootCell, cpus, offlined: [] }];
  linux.printk('The Jailhouse is opening.');
  driver.report.info(
    'hypervisor.enabled',
    `The hypervisor is enabled on ${cpusText(online)}; the root cell is ${name}.`,
  );
  return 0;
}

type Refuse = (rule: string, sentence: string, field?: string) => number;

function checkPlatform(system: SystemConfig, refuse: Refuse): number {
  const { platform } = system;
  const field = systemFieldBeyond(system);
  if (field !== undefined)
    return refuse(
      'address-space',
      `${field} ends beyond the 48-bit address space. Correct its address and size.`,
      field,
    );
  if (platform.kind !== 'arm' || GIC_VERSIONS.includes(platform.gicVersion)) return 0;
  const sentence = `The system configuration names GIC version ${platform.gicVersion}; there are 2 and 3. Correct gic_version.`;
  return refuse('gic-version', sentence, 'platform.gicVersion');
}

/** Image, per-CPU areas and configuration must fit hypervisor memory. */
function checkSizes(system: SystemConfig, maxCpus: number, refuse: Refuse): number {
  const needed = CORE_SIZE + maxCpus * PERCPU_SIZE + configSize({ kind: 'system', system });
  const size = Number(system.hypervisorMemory.size);
  if (size > needed) return 0;
  return refuse(
    'hypervisor-memory-size',
    `Hypervisor memory has 0x${size.toString(16)} bytes, and image, ${maxCpus} per-CPU areas and the configuration take ` +
      `0x${needed.toString(16)}. Make hypervisor_memory larger; 4 MiB are usual.`,
    'hypervisorMemory.size',
  );
}

/** request_mem_region and the mapping of it. */
function reserve(driver: JailhouseDriver, { hypervisorMemory, rootCell }: SystemConfig): number {
  const { linux, machine } = driver;
  const base = Number(hypervisorMemory.physStart);
  const size = Number(hypervisorMemory.size);
  const { board } = machine;
  const used = linux.usedRam(base, size);
  const device = [...board.uarts, ...board.devices].find((d) => base < d.base + d.size && d.base < base + size);
  const target = { cell: cellName(rootCell), field: 'hypervisorMemory', address: `0x${base.toString(16)}` };
  if (used || device) {
    linux.printk('request_mem_region failed for hypervisor memory.');
    linux.printk('Did you reserve the memory with "memmap=" or "mem="?');
    const holder = used
      ? `RAM of the running Linux (${rangeText(used.base, used.size)}); reserve it on the kernel command line, which is "${board.kernelArguments}"`
      : `device ${device!.name}; move it`;
    const sentence = `Hypervisor memory ${rangeText(base, size)} overlaps ${holder}.`;
    return driver.report.refuse('EINVAL', { call: CALL, rule: 'memory-not-reserved', sentence, target });
  }
  if (machine.memory.isRam(pa(base), size) && Number.isSafeInteger(base + size)) return 0;
  linux.printk(`Unable to map RAM reserved for hypervisor at ${base.toString(16).padStart(8, '0')}`);
  const banks = board.ram.map((bank) => rangeText(bank.base, bank.size)).join(', ');
  const sentence = `Hypervisor memory at ${addressText(base)} is not RAM of this board (RAM: ${banks}). Correct hypervisor_memory.`;
  return driver.report.refuse('EINVAL', { call: CALL, rule: 'memory-not-ram', sentence, target });
}

/** The reference waits for ever for CPUs outside the set (K.22). */
function checkOnline(driver: JailhouseDriver, cpus: readonly number[], refuse: Refuse): number {
  const outside = driver.linux.onlineCpus.filter((cpu) => !cpus.includes(cpu));
  if (outside.length === 0) return 0;
  return refuse(
    'cpu-not-in-set',
    `${cpusText(outside)} ${outside.length === 1 ? 'is' : 'are'} online and not in the CPU set of the root cell. Add ` +
      `${outside.length === 1 ? 'it' : 'them'} to the set or take ${outside.length === 1 ? 'it' : 'them'} offline.`,
    'rootCell.cpuSet',
  );
}

/** Sets (or clears, when inverted) the bit of the clock that feeds the debug console. */
function openClockGate({ machine }: JailhouseDriver, { debugConsole }: SystemConfig): void {
  const { clockReg, gateNr, flags } = debugConsole;
  if (clockReg === 0n) return;
  const at = pa(Number(clockReg));
  const by = { name: 'root', cpu: 0 };
  const value = { lo: 0, hi: 0 };
  if (!machine.bus.read(at, 4, value, by)) return;
  const bit = 1 << gateNr;
  machine.bus.write(at, 4, (flags & CONSOLE_FLAG.INVERTED_GATE ? value.lo & ~bit : value.lo | bit) >>> 0, 0, by);
}
