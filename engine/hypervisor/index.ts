// The door of the hypervisor room: what driver, tool and service use of it.
export { boot, VERSION, type Boot } from './boot.ts';
export { Hypervisor, type HypervisorOptions } from './hypervisor.ts';
export { HYPERCALL, hypercall, query } from './control/hypercalls.ts';
export { CPU_INFO, CPU_STATE, HYPERVISOR_INFO, cellState, cpuInfo, hypervisorInfo } from './control/info.ts';
export { CELL_STATE } from './cell/comm-region.ts';
export { COUNTERS, type CounterName } from './cell/counters.ts';
export type { Cell } from './cell/cell.ts';
export type { PerCpu } from './cell/percpu.ts';
export { ERRNO, errnoName, strerror, type ErrnoName } from './errno.ts';
export { HYPERVISOR_CONSOLE, withCarriageReturns, type ConsoleOutput } from './console/console.ts';
export { readRing, RING_SIZE, type RingSnapshot } from './console/ring.ts';
export { addressText, cpusText, listText, rangeText } from './explain/text.ts';
export { systemFieldBeyond } from './paging/address-limit.ts';
export { CORE_SIZE, PERCPU_PAGES } from './paging/footprint.ts';
export { KEPT_QUIRKS, QUIRKS, type Compatibility, type QuirkName } from './quirks.ts';
export { Reporter, type ConfigOrigin, type EventTarget, type Refusal } from './report.ts';
export { BlockedForever, finish, FOREVER, isTask, type Task, type Wait, type WaitEnd } from './task.ts';
