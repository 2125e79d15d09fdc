// The door of the GIC.
export { Gic } from './gic.ts';
export type { GicLines, GicOptions, GicSnapshot } from './gic.ts';
export { gicRegisterName } from './system-registers.ts';
export { REDISTRIBUTOR_SIZE } from './redistributor.ts';
