// The hypervisor image as the driver handles it: header, sizes, console page. The image itself is host code; what the root
// can see of it (sysfs `core`) is made from these facts. Source: ABI reference, A.12.
import { CORE_SIZE, PERCPU_PAGES, RING_SIZE, type RingSnapshot } from '../hypervisor/index.ts';
import { PAGE_SIZE } from '../util/units.ts';

export const FIRMWARE_NAME = 'jailhouse.bin';
export const PERCPU_SIZE = PERCPU_PAGES * PAGE_SIZE;

const SIGNATURE = 'JAILHOUS';
const ENTRY = 0x800n;
/** Virtual base of the image on arm64. */
const VIRTUAL_BASE = 0xffffc0200000n;
const CONSOLE_PAGE = CORE_SIZE - PAGE_SIZE;

/** Offsets of the 64-bit header. */
const HEADER = {
  coreSize: 8,
  percpuSize: 16,
  entry: 24,
  consolePage: 32,
  maxCpus: 48,
  onlineCpus: 52,
  debugConsoleBase: 56,
} as const;
export const HEADER_SIZE = 80;

export interface ImageFacts {
  readonly maxCpus: number;
  readonly onlineCpus: number;
  readonly hasDebugConsole: boolean;
}

export function imageHeader({ maxCpus, onlineCpus, hasDebugConsole }: ImageFacts): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(SIGNATURE));
  view.setBigUint64(HEADER.coreSize, BigInt(CORE_SIZE), true);
  view.setBigUint64(HEADER.percpuSize, BigInt(PERCPU_SIZE), true);
  view.setBigUint64(HEADER.entry, ENTRY, true);
  view.setBigUint64(HEADER.consolePage, BigInt(CONSOLE_PAGE), true);
  view.setUint32(HEADER.maxCpus, maxCpus, true);
  view.setUint32(HEADER.onlineCpus, onlineCpus, true);
  view.setBigUint64(HEADER.debugConsoleBase, hasDebugConsole ? VIRTUAL_BASE - BigInt(PAGE_SIZE) : 0n, true);
  return bytes;
}

/** What sysfs `core` reads: the image's memory, header to end of bss, with the console page in its place. */
export function coreImage(facts: ImageFacts, console: RingSnapshot | undefined): Uint8Array {
  const image = new Uint8Array(CORE_SIZE);
  image.set(imageHeader(facts));
  if (console) {
    new DataView(image.buffer).setUint32(CONSOLE_PAGE + 4, console.tail, true);
    image.set(console.content.subarray(0, RING_SIZE), CONSOLE_PAGE + 8);
  }
  return image;
}
