// Memory regions of the root cell out of /proc/iomem: what Linux has as RAM and what are devices, without what the hypervisor
// intercepts or keeps. Source: ABI reference, F.4.
import { MEM_FLAG, type MemoryRegion, memparse } from '../../../config/index.ts';
import type { RangeNode } from '../machine/ranges.ts';

export class CreateError extends Error {}

export interface Span {
  start: bigint;
  /** Behind the last byte. */
  end: bigint;
}

const PAGE = 0x1000n;
/** The kernel's end is rounded up to this, as its page tables are. */
const KERNEL_ALIGNMENT = 1n << 24n;
/** Where the hypervisor goes if the machine has RAM there and says nothing else. */
const CUSTOMARY_BASE = 0x3a00_0000n;
const VGA: Span = { start: 0xa_0000n, end: 0xc_0000n };
const ROMS: Span = { start: 0xc_0000n, end: 0xe_0000n };
const RAM_NAME = 'System RAM';

const down = (value: bigint): bigint => value & ~(PAGE - 1n);
const up = (value: bigint): bigint => down(value + PAGE - 1n);
const overlaps = (a: Span, b: Span): boolean => a.start < b.end && b.start < a.end;

/** What of a span lies outside the holes. */
export function without(span: Span, holes: readonly Span[]): Span[] {
  return holes.reduce<Span[]>(
    (parts, hole) =>
      parts.flatMap((part) =>
        overlaps(part, hole)
          ? [
              { start: part.start, end: hole.start },
              { start: hole.end, end: part.end },
            ].filter(({ start, end }) => start < end)
          : [part],
      ),
    [span],
  );
}

export interface Reservation {
  hypervisor: Span;
  inmates: Span;
  warnings: string[];
}

/** Memory for hypervisor and inmates: what memmap= keeps free, else a customary place, else the end of some RAM. @throws CreateError */
export function reserve(
  iomem: readonly RangeNode[],
  commandLine: string,
  sizes: { hypervisor: bigint; inmates: bigint },
): Reservation {
  const total = sizes.hypervisor + sizes.inmates;
  const warnings: string[] = [];
  const kept = commandLine.split(/\s+/).flatMap((argument) => {
    const [size, start] = argument.startsWith('memmap=')
      ? argument.slice('memmap='.length).split('$').map(memparse)
      : [];
    return typeof size === 'bigint' && typeof start === 'bigint' ? [{ start, end: start + size }] : [];
  });
  if (kept.length > 1)
    warnings.push(
      `WARNING: Several regions are kept free by memmap=; the first one, at 0x${kept[0]!.start.toString(16)}, is used.`,
    );
  const region = kept[0] ?? freeRam(iomem, total);
  if (!region)
    throw new CreateError(`No RAM region of ${mebibytes(total)} found. Give less with --mem-hv and --mem-inmates.`);
  if (region.end - region.start < total)
    throw new CreateError(
      `The memory that memmap= keeps free is too small: ${mebibytes(region.end - region.start)} of ${mebibytes(total)}. ` +
        `Start Linux with memmap=0x${total.toString(16)}$0x${region.start.toString(16)}, or give less with --mem-hv and --mem-inmates.`,
    );
  const middle = region.start + sizes.hypervisor;
  return {
    hypervisor: { start: region.start, end: middle },
    inmates: { start: middle, end: middle + sizes.inmates },
    warnings,
  };
}

function freeRam(iomem: readonly RangeNode[], size: bigint): Span | undefined {
  const ram = iomem.filter(({ name }) => name === RAM_NAME);
  if (ram.some(({ start, end }) => start <= CUSTOMARY_BASE && CUSTOMARY_BASE + size <= end))
    return { start: CUSTOMARY_BASE, end: CUSTOMARY_BASE + size };
  const last = ram.filter(({ start, end }) => end - start >= size).at(-1);
  return last && { start: down(last.end - size), end: down(last.end - size) + size };
}

const mebibytes = (bytes: bigint): string => `${Number((bytes * 10n) / (1n << 20n)) / 10} MiB`;

/** Ranges that the hypervisor intercepts, or that are no device of Linux's. */
const DROPPED = /^(PCI MMCONFIG|IOAPIC|Local APIC|dmar\d|amd_iommu|[Rr]eserved|RAM buffer)/;

interface Found extends Span {
  name: string;
  ram: boolean;
}

/**
 * @param holes further ranges that root must not have: MSI-X tables, IOMMUs, memory of the hypervisor and the inmates
 * @param extraRam memory that devices use on their own: RMRR, IVMD
 */
export function memoryRegions(
  iomem: readonly RangeNode[],
  { holes, extraRam }: { holes: readonly Span[]; extraRam: readonly Span[] },
): { regions: MemoryRegion[]; names: string[] } {
  const found = iomem.flatMap((node) => (node.name === RAM_NAME ? ramPieces(node) : deviceLeaves(node)));
  const roms = found.some((one) => !one.ram && overlaps(one, ROMS)) ? [{ ...ROMS, name: 'ROMs', ram: false }] : [];
  const all = [
    ...found.filter((one) => one.ram || !overlaps(one, ROMS)),
    ...roms,
    ...extraRam.map((span) => ({ ...span, name: 'memory that a device uses on its own', ram: true })),
  ]
    .map((one) => ({ ...one, start: down(one.start), end: up(one.end) }))
    .flatMap((one) => without(one, holes).map((span) => ({ ...one, ...span })))
    .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const merged = all.reduce<Found[]>((list, one) => join(list, one), []);
  // Page 0 belongs to the BIOS and is never in System RAM.
  const first = merged.find(({ ram }) => ram);
  if (first?.start === PAGE) first.start = 0n;
  const flags = (ram: boolean): bigint => MEM_FLAG.READ | MEM_FLAG.WRITE | (ram ? MEM_FLAG.EXECUTE | MEM_FLAG.DMA : 0n);
  return {
    regions: merged.map(({ start, end, ram }) => ({
      physStart: start,
      virtStart: start,
      size: end - start,
      flags: flags(ram),
    })),
    names: merged.map(({ name }) => name),
  };
}

/** Neighbouring RAM becomes one region, and pages that two devices share are given once. */
function join(list: Found[], one: Found): Found[] {
  const last = list.at(-1);
  if (last && overlaps(last, one)) {
    // RAM wins a page from a device.
    if (last.ram === one.ram) {
      if (one.end > last.end) last.end = one.end;
      return list;
    }
    return one.end > last.end ? [...list, { ...one, start: last.end }] : list;
  }
  if (last?.ram && one.ram && last.end === one.start && last.name === one.name && last.name === RAM_NAME) {
    last.end = one.end;
    return list;
  }
  return [...list, { ...one }];
}

/** System RAM in front of the kernel image, the image, and what is behind it. */
function ramPieces(node: RangeNode): Found[] {
  const kernel = node.children.filter(({ name }) => name.startsWith('Kernel '));
  const piece = (start: bigint, end: bigint, name: string): Found[] =>
    start < end ? [{ start, end, name, ram: true }] : [];
  const [first] = kernel;
  if (!first) return piece(node.start, node.end, RAM_NAME);
  const last = kernel.reduce((end, child) => (child.end > end ? child.end : end), 0n);
  const rounded = (last + KERNEL_ALIGNMENT - 1n) & ~(KERNEL_ALIGNMENT - 1n);
  const end = rounded < node.end ? rounded : node.end;
  return [
    ...piece(node.start, first.start, RAM_NAME),
    ...piece(first.start, end, 'Kernel'),
    ...piece(end, node.end, RAM_NAME),
  ];
}

/** Devices below a node: buses are looked into, a device is one region whatever its driver names inside. */
function deviceLeaves(node: RangeNode): Found[] {
  if (DROPPED.test(node.name) && (node.children.length === 0 || !/^[Rr]eserved/.test(node.name))) return [];
  if (node.name.startsWith('PCI Bus') || /^[Rr]eserved/.test(node.name)) {
    if (node.children.length > 0) return node.children.flatMap(deviceLeaves);
    return overlaps(node, VGA) ? [{ start: node.start, end: node.end, name: 'VGA', ram: false }] : [];
  }
  return [{ start: node.start, end: node.end, name: node.name, ram: false }];
}
