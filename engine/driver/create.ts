// JAILHOUSE_CELL_CREATE, in the reference's order of checks. Source: ABI reference, E.4, K.1, K.16, K.21.
import { CELL_FLAG, cellName, ConfigError, cpusOf, decode, PCI_TYPE, type CellConfig } from '../config/index.ts';
import { cpusText, ERRNO, HYPERCALL, hypercall, type ErrnoName, type Task } from '../hypervisor/index.ts';
import { freeId, type DriverCell } from './cells.ts';
import { checkDescriptor } from './descriptor.ts';
import type { JailhouseDriver } from './driver.ts';

const CALL = 'JAILHOUSE_CELL_CREATE';
const NAME_END = 39;
const ID_AT = 40;
const FLAGS_AT = 44;

/** 0 or a negated error number. */
export function* createCell(driver: JailhouseDriver, bytes: Uint8Array): Task<number> {
  const { linux } = driver;
  const refuse = (errno: ErrnoName, rule: string, sentence: string, cell?: string, field?: string) =>
    driver.report.refuse(errno, {
      call: CALL,
      rule,
      sentence,
      ...(cell !== undefined && { target: { cell, ...(field && { field }) } }),
    });

  const wrong = checkDescriptor(bytes, 'cell', driver.machine.board.architecture);
  if (wrong) {
    linux.printk(wrong.log);
    const result = refuse('EINVAL', wrong.rule, wrong.sentence);
    return wrong.rule === 'architecture' && driver.compatibility.foreignArchitectureCreatesNothing ? 0 : result;
  }
  const decoded = decode(bytes, 'cell', 'The cell configuration');
  if (decoded instanceof ConfigError)
    return refuse(decoded.code === 'cell-too-large' ? 'E2BIG' : 'EINVAL', decoded.code, decoded.message);
  const { cell: config } = decoded.config as { cell: CellConfig };
  const name = cellName(config);
  const hv = driver.hypervisor;
  if (!hv) {
    return refuse(
      'EINVAL',
      'not-enabled',
      'The hypervisor is not enabled. Enable it first: jailhouse enable SYSCONFIG.',
      name,
    );
  }
  if (driver.cells.some((cell) => cell.name === name))
    return refuse(
      'EEXIST',
      'name',
      `There is a cell named "${name}" already. Destroy it first or give the new one another name.`,
      name,
      'name',
    );

  const id = freeId(driver.cells);
  const cpus = cpusOf(config.cpuSet);
  const foreign = cpus.filter((cpu) => !driver.root!.cpus.includes(cpu));
  if (foreign.length > 0) return refuse('EBUSY', 'cpu-not-in-root', foreignCpus(driver, name, foreign), name, 'cpuSet');
  const offlined: number[] = [];
  for (const cpu of cpus) {
    if (!linux.isOnline(cpu)) continue;
    const result = linux.takeOffline(cpu);
    if (result !== 0) {
      bringBack(driver, offlined);
      return refuse(
        'EBUSY',
        'last-cpu',
        `${name} asks for CPU ${cpu}, the last one that Linux has. Leave it to the root.`,
        name,
        'cpuSet',
      );
    }
    offlined.push(cpu);
  }

  const cell: DriverCell = { id, name, config: { ...config, id }, cpus, offlined };
  const claimed = config.pciDevices
    .filter(({ type }) => type === PCI_TYPE.DEVICE)
    .map(({ bdf, domain }) => ({ bdf, domain }));
  claimed.forEach((device) => driver.claimedPci.push(device));
  const result = yield* issue(driver, bytes.subarray(0, decoded.size), id);
  if (result !== 0) {
    bringBack(driver, offlined);
    if (!driver.compatibility.failedCreateKeepsPciClaimed)
      driver.claimedPci = driver.claimedPci.filter((device) => !claimed.includes(device));
    return result;
  }
  driver.root!.cpus = driver.root!.cpus.filter((cpu) => !cpus.includes(cpu));
  driver.cells.push(cell);
  linux.printk(`Created Jailhouse cell "${name}"`);
  return 0;
}

/** Hands the configuration, with id and flags filled in, to the hypervisor. */
function* issue(driver: JailhouseDriver, config: Uint8Array, id: number): Task<number> {
  const copy = new Uint8Array(config);
  const view = new DataView(copy.buffer);
  copy[NAME_END] = 0;
  view.setUint32(ID_AT, id, true);
  const flags = view.getUint32(FLAGS_AT, true);
  const permitted = flags & CELL_FLAG.VIRTUAL_CONSOLE_ACTIVE ? CELL_FLAG.VIRTUAL_CONSOLE_PERMITTED : 0;
  view.setUint32(FLAGS_AT, (flags | permitted) >>> 0, true);
  const at = driver.linux.kmalloc(copy);
  if (at === undefined) return -ERRNO.ENOMEM;
  return yield* hypercall(driver.hypervisor!, driver.linux.currentCpu, HYPERCALL.CELL_CREATE, at);
}

function bringBack(driver: JailhouseDriver, cpus: readonly number[]): void {
  for (const cpu of cpus) driver.linux.bringOnline(cpu);
}

function foreignCpus(driver: JailhouseDriver, name: string, foreign: readonly number[]): string {
  const owners = foreign.map((cpu) => {
    const owner = driver.cells.find((cell) => cell.cpus.includes(cpu));
    return owner ? `CPU ${cpu} belongs to ${owner.name}` : `CPU ${cpu} is not in the system configuration`;
  });
  return `${name} asks for ${cpusText(foreign)}, which the root does not have: ${owners.join('; ')}. Change the cell's CPU set or destroy the other cell.`;
}
