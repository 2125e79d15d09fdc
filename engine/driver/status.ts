// Cells and counters as the window shows them, read without leaving a trace in the guest.
import type { CellStatus, CounterSample, CpuLamp } from '../contract/index.ts';
import { COUNTERS, CPU_INFO } from '../hypervisor/index.ts';
import type { JailhouseDriver } from './driver.ts';
import { stateText } from './sysfs.ts';

/** Empty when not enabled. */
export function cellStatuses(driver: JailhouseDriver): CellStatus[] {
  return driver.cells.map((cell) => {
    const config = driver.origins.get(cell.name)?.file;
    return {
      id: cell.id,
      name: cell.name,
      state: stateText(driver.peeking.cellState(cell.id)),
      cpus: cell.cpus.map((id) => ({ id, lamp: lampOf(driver, id) })),
      ...(config !== undefined && { config }),
    };
  });
}

/** The modelled root runs no guest code: its CPUs are idle, or off when Linux has taken them offline. */
function lampOf(driver: JailhouseDriver, id: number): CpuLamp {
  const cpu = driver.hypervisor?.cpu(id);
  if (!cpu) return 'off';
  if (cpu.failed) return 'parked';
  if (cpu.cell.isRoot) return driver.linux.isOnline(id) ? 'idle' : 'off';
  if (driver.machine.power(id) === 'off') return 'off';
  return cpu.cpu.waiting === 'no' ? 'running' : 'idle';
}

/** Exit counters of every cell, summed over its CPUs. */
export function counterSamples(driver: JailhouseDriver): CounterSample[] {
  const names = COUNTERS[driver.machine.board.architecture];
  return driver.cells.map((cell) => ({
    guestNs: driver.machine.now,
    cell: cell.name,
    counters: Object.fromEntries(
      names.map((name, number) => [
        name,
        cell.cpus.reduce(
          (sum, cpu) => sum + Math.max(0, driver.peeking.cpuInfo(cpu, CPU_INFO.FIRST_COUNTER + number)),
          0,
        ),
      ]),
    ),
  }));
}
