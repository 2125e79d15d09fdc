// The door of the driver room.
export { JailhouseDriver, type DriverOptions, type Questions } from './driver.ts';
export { IOCTL, MAX_NAME, USE_NAME, type CellId, type IoctlName, type PreloadImage } from './ioctl.ts';
export { Linux, type LogLine } from './linux.ts';
export { ConsoleReader } from './console-device.ts';
export {
  SYSFS_ROOT,
  stateText,
  sysfsNode,
  sysfsSnapshot,
  sysfsTree,
  type SysfsDirectory,
  type SysfsFile,
  type SysfsNode,
} from './sysfs.ts';
export { cellStatuses, counterSamples } from './status.ts';
export { cpuMaskText } from './cpumask.ts';
export type { DriverCell } from './cells.ts';
