// JAILHOUSE_CELL_LOAD, its second half: images into the loadable memory of a cell. Source: ABI reference, E.5, K.25.
import { MEM_FLAG } from '../config/index.ts';
import { addressText, rangeText, type ErrnoName } from '../hypervisor/index.ts';
import { gpa, pa } from '../util/units.ts';
import type { DriverCell } from './cells.ts';
import type { JailhouseDriver } from './driver.ts';
import type { PreloadImage } from './ioctl.ts';

const CALL = 'JAILHOUSE_CELL_LOAD';
const NEEDED = MEM_FLAG.WRITE | MEM_FLAG.LOADABLE;

/** In order; the first that fails ends the call and leaves the cell shut down and loadable. */
export function loadImages(driver: JailhouseDriver, cell: DriverCell, images: readonly PreloadImage[]): number {
  for (const image of images) {
    const result = image.bytes.length === 0 ? 0 : loadImage(driver, cell, image);
    if (result !== 0) return result;
  }
  return 0;
}

function loadImage(driver: JailhouseDriver, cell: DriverCell, { bytes, target }: PreloadImage): number {
  const refuse = (errno: ErrnoName, rule: string, sentence: string, field?: string) =>
    driver.report.refuse(errno, {
      call: CALL,
      rule,
      sentence,
      target: { cell: cell.name, address: `0x${target.toString(16)}`, ...(field && { field }) },
    });
  const end = target + BigInt(bytes.length);
  const index = cell.config.memoryRegions.findIndex(
    ({ virtStart, size }) => target >= virtStart && target < virtStart + size,
  );
  const region = cell.config.memoryRegions[index];
  if (!region) {
    const places = cell.config.memoryRegions
      .filter(({ flags }) => (flags & NEEDED) === NEEDED)
      .map(({ virtStart, size }) => rangeText(Number(virtStart), Number(size)));
    return refuse(
      'EINVAL',
      'no-region',
      `No memory region of ${cell.name} contains ${addressText(target)}. Loadable are: ${places.join(', ') || 'none'}.`,
      'memoryRegions',
    );
  }
  const where = `memory region ${index} of ${cell.name} (${rangeText(Number(region.virtStart), Number(region.size))})`;
  const field = `memoryRegions[${index}]`;
  if (end > region.virtStart + region.size) {
    return refuse(
      'EINVAL',
      'image-too-large',
      `An image of ${bytes.length} bytes at ${addressText(target)} does not fit ${where}, where ` +
        `${region.virtStart + region.size - target} bytes are left. Make the region larger or the image smaller.`,
      `${field}.size`,
    );
  }
  if ((region.flags & NEEDED) !== NEEDED) {
    const missing = [
      region.flags & MEM_FLAG.WRITE ? '' : 'JAILHOUSE_MEM_WRITE',
      region.flags & MEM_FLAG.LOADABLE ? '' : 'JAILHOUSE_MEM_LOADABLE',
    ].filter(Boolean);
    return refuse(
      'EINVAL',
      'not-loadable',
      `The image's place, ${where}, lacks ${missing.join(' and ')}. Add it to its flags.`,
      `${field}.flags`,
    );
  }
  return copy(driver, Number(region.physStart + (target - region.virtStart)), bytes, where, refuse, field);
}

type Refuse = (errno: ErrnoName, rule: string, sentence: string, field?: string) => number;

/** Through the root's own view of memory, as the driver's mapping goes. */
function copy(
  driver: JailhouseDriver,
  physical: number,
  bytes: Uint8Array,
  where: string,
  refuse: Refuse,
  field: string,
): number {
  const { machine, linux } = driver;
  if (!machine.memory.isRam(pa(physical), bytes.length)) {
    linux.printk(`Unable to map cell RAM at ${physical.toString(16).padStart(8, '0')} for image loading`);
    return refuse(
      'EBUSY',
      'not-ram',
      `The board has no RAM behind ${where}: physical ${addressText(physical)}. Correct phys_start.`,
      `${field}.physStart`,
    );
  }
  const hv = driver.hypervisor!;
  if (hv.rootCell.stage2.translate(physical, bytes.length) !== physical) {
    const sentence =
      `The root has no access to ${rangeText(physical, bytes.length)} behind ${where}: loadable memory must also be a ` +
      'region of the root cell. Add it to the system configuration.';
    if (driver.compatibility.rootFaultParksCpu) hv.arch.storeFault(hv.cpu(linux.currentCpu)!, gpa(physical));
    return refuse('EFAULT', 'not-in-root', sentence, `${field}.physStart`);
  }
  machine.memory.write(pa(physical), bytes);
  return 0;
}
