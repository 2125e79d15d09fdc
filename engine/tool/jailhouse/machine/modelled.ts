// The files of a modelled machine that describe it, from its board: memory, ports, CPUs, and on x86 the ACPI tables. It has no
// PCI functions but those that a board's description would name, which is none yet.
import type { BoardDescription, BoardRange } from '../../../board/index.ts';
import { treeOf, type MachineTree } from './tree.ts';
import type { TarEntry } from './tar.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const SERIAL_PORTS: Readonly<Record<number, string>> = {
  0x3f8: 'ttyS0',
  0x2f8: 'ttyS1',
  0x3e8: 'ttyS2',
  0x2e8: 'ttyS3',
};
const PORT_IO = 0;

export function modelledTree(board: BoardDescription): MachineTree {
  return treeOf(
    [
      ['proc/iomem', iomem(board)],
      ['proc/cmdline', `${board.kernelArguments}\n`],
      ['proc/cpuinfo', cpuinfo(board)],
      ...board.cpus.map(({ id }) => [`sys/devices/system/cpu/cpu${id}/uevent`, 'DRIVER=processor\n'] as const),
      ...(board.x86 ? pcFiles(board) : []),
    ].map(([path, content]): TarEntry => ({ path, bytes: typeof content === 'string' ? encode(content) : content })),
  );
}

const lines = (ranges: readonly { base: number; size: number; name: string }[], digits: number): string =>
  ranges
    .toSorted((a, b) => a.base - b.base)
    .map(({ base, size, name }) => {
      const hex = (value: number): string => value.toString(16).padStart(digits, '0');
      return `${hex(base)}-${hex(base + size - 1)} : ${name}\n`;
    })
    .join('');

/** RAM without what memmap= keeps free, and devices; nothing is nested. */
function iomem(board: BoardDescription): string {
  const window = ({ name, base, size }: BoardRange) => ({ name, base: base as number, size });
  const kept = [...board.kernelArguments.matchAll(/memmap=(0x[0-9a-f]+|\d+)([KMG]?)\$(0x[0-9a-f]+)/gi)].map(
    ([, size, unit, base]) => ({
      name: 'Reserved',
      base: Number(base),
      size: Number(size) * { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[unit!.toUpperCase()]!,
    }),
  );
  const reserved = [...kept, ...board.reserved.map((range) => ({ ...window(range), name: 'Reserved' }))];
  const ram = board.ram
    .map((bank) => ({ ...window(bank), name: 'System RAM' }))
    .flatMap((bank) => outside(bank, reserved));
  const x86 = board.x86
    ? [
        ...board.x86.ioApics.map(({ base }, n) => ({ name: `IOAPIC ${n}`, base: base as number, size: 0x1000 })),
        { name: 'Local APIC', base: 0xfee0_0000, size: 0x1000 },
        ...(board.x86.hpet === undefined ? [] : [{ name: 'HPET 0', base: board.x86.hpet as number, size: 0x400 }]),
      ]
    : [];
  const iommus = (board.iommus ?? []).map((unit, n) => ({
    ...window(unit),
    name: unit.type === 'VT-d' ? `dmar${n}` : unit.type === 'AMD-Vi' ? 'amd_iommu' : unit.name,
  }));
  const pci = board.pci.map(({ ecam, ecamSize }) => ({
    name: 'PCI MMCONFIG 0000 [bus 00-ff]',
    base: ecam as number,
    size: ecamSize,
  }));
  const uarts = board.uarts.filter(({ space }) => space !== 'ports').map(window);
  return lines([...ram, ...reserved, ...x86, ...iommus, ...pci, ...uarts, ...board.devices.map(window)], 8);
}

interface Named {
  name: string;
  base: number;
  size: number;
}

const outside = (bank: Named, holes: readonly Named[]): Named[] =>
  holes.reduce<Named[]>(
    (parts, hole) =>
      parts.flatMap((part) => {
        const end = part.base + part.size;
        const holeEnd = hole.base + hole.size;
        if (hole.base >= end || holeEnd <= part.base) return [part];
        return [
          { ...part, size: hole.base - part.base },
          { ...part, base: holeEnd, size: end - holeEnd },
        ].filter(({ size }) => size > 0);
      }),
    [bank],
  );

function cpuinfo({ architecture, cpus, iommus }: BoardDescription): string {
  if (architecture !== 'x86') return cpus.map(({ id }) => `processor\t: ${id}\n\n`).join('');
  // What tells the vendor on a modelled PC is its IOMMU; without one it is an AMD machine, where an IOMMU is optional.
  const vendor = iommus?.some(({ type }) => type === 'VT-d') ? 'GenuineIntel' : 'AuthenticAMD';
  return cpus
    .map(({ id, affinity }) => `processor\t: ${id}\nvendor_id\t: ${vendor}\napicid\t\t: ${affinity}\nflags\t\t: lm\n\n`)
    .join('');
}

function pcFiles(board: BoardDescription): [string, string | Uint8Array][] {
  const { ioApics, pmTimerPort } = board.x86!;
  const serial = board.uarts.filter(({ space }) => space === 'ports');
  const ports = [
    { base: 0x40, size: 4, name: 'timer0' },
    { base: 0x60, size: 1, name: 'keyboard' },
    { base: 0x64, size: 1, name: 'keyboard' },
    { base: 0x70, size: 2, name: 'rtc0' },
    ...serial.map(({ base, size }) => ({ base: base as number, size, name: 'serial' })),
    { base: 0xcf8, size: 8, name: 'PCI conf1' },
    { base: pmTimerPort, size: 4, name: 'ACPI PM_TMR' },
  ];
  const host = board.pci[0];
  const intel = (board.iommus ?? []).filter(({ type }) => type === 'VT-d');
  const tables = 'sys/firmware/acpi/tables';
  return [
    ['proc/ioports', lines(ports, 4)],
    [
      `${tables}/APIC`,
      table(
        'APIC',
        8,
        ioApics.map(({ base }, n) =>
          structure(12, (v) => {
            v.setUint8(0, 1);
            v.setUint8(1, 12);
            v.setUint8(2, n);
            v.setUint32(4, base, true);
          }),
        ),
      ),
    ],
    ...(host
      ? [
          [
            `${tables}/MCFG`,
            table('MCFG', 8, [
              structure(16, (v) => {
                v.setBigUint64(0, BigInt(host.ecam), true);
                v.setUint16(8, host.domain, true);
                v.setUint8(11, host.buses - 1);
              }),
            ]),
          ] as [string, Uint8Array],
        ]
      : []),
    ...(intel.length > 0
      ? [
          [
            `${tables}/DMAR`,
            table(
              'DMAR',
              12,
              intel.map(({ base }, n) => drhd(base, n === intel.length - 1, n === 0 ? ioApics : [])),
            ),
          ] as [string, Uint8Array],
        ]
      : []),
    ...serial.flatMap(({ base }): [string, string][] => {
      const tty = SERIAL_PORTS[base];
      if (tty === undefined) return [];
      return [
        [`sys/class/tty/${tty}/io_type`, `${PORT_IO}\n`],
        [`sys/class/tty/${tty}/port`, `0x${base.toString(16).toUpperCase()}\n`],
      ];
    }),
  ];
}

/** A DMAR unit with its IOAPICs; the last one takes all devices that are left. */
function drhd(base: number, includesAll: boolean, ioApics: readonly { requester?: number }[]): Uint8Array {
  const scopes = ioApics.flatMap(({ requester }, id) => (requester === undefined ? [] : [{ id, requester }]));
  return structure(16 + 8 * scopes.length, (v) => {
    v.setUint16(2, v.byteLength, true);
    v.setUint8(4, includesAll ? 1 : 0);
    v.setBigUint64(8, BigInt(base), true);
    scopes.forEach(({ id, requester }, n) => {
      const at = 16 + 8 * n;
      v.setUint8(at, 3);
      v.setUint8(at + 1, 8);
      v.setUint8(at + 4, id);
      v.setUint8(at + 5, requester >> 8);
      v.setUint8(at + 6, (requester >> 3) & 31);
      v.setUint8(at + 7, requester & 7);
    });
  });
}

export function structure(length: number, fill: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(length);
  fill(new DataView(bytes.buffer));
  return bytes;
}

/** An ACPI table: header with signature and length, fixed bytes, structures. */
export function table(signature: string, fixed: number, structures: readonly Uint8Array[]): Uint8Array {
  const HEADER = 36;
  const length = HEADER + fixed + structures.reduce((sum, one) => sum + one.length, 0);
  const bytes = new Uint8Array(length);
  bytes.set(encode(signature));
  new DataView(bytes.buffer).setUint32(4, length, true);
  let at = HEADER + fixed;
  for (const one of structures) {
    bytes.set(one, at);
    at += one.length;
  }
  return bytes;
}
