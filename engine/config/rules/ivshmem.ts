// Shared-memory devices: their sections in one cell, and the two ends of a link against each other. ABI reference, A.8, D.3; J.5
// for what goes wrong. Cells are linked by device number alone.
import { bdfText } from '../codec.ts';
import { MEM_FLAG, PCI_TYPE, type PciDevice } from '../model.ts';
import { deviceTitle } from '../purpose.ts';
import { isPlaceholder, isRootShared } from '../region.ts';
import { SHMEM_PROTOCOL, SHMEM_PROTOCOL_SYMBOLS, enumName } from '../symbols.ts';
import {
  cellFix,
  cellTitle,
  hex,
  owned,
  PAIRS_MAX,
  rangeOf,
  regionFix,
  shareWithRoot,
  type CellView,
  type Found,
  type RegionView,
  type Rule,
  type ScenarioView,
} from './rule.ts';

export const SHMEM_PEERS_MAX = 12;
const MSIX_VECTORS_MAX = 16;

interface End {
  view: CellView;
  device: PciDevice;
  index: number;
  path: string;
  /** State table, read/write section, one output section a peer; shorter when the cell has too few regions. */
  sections: RegionView[];
}

function endsOf(view: CellView): End[] {
  return view.cell.pciDevices.flatMap((device, index) =>
    device.type === PCI_TYPE.IVSHMEM
      ? [
          {
            view,
            device,
            index,
            path: `${view.prefix}pciDevices[${index}]`,
            sections: view.regions.slice(device.shmemRegionsStart, device.shmemRegionsStart + 2 + device.shmemPeers),
          },
        ]
      : [],
  );
}

const title = ({ view, device }: End): string => `${deviceTitle(device)} of ${cellTitle(view)}`;

const place = ({ view, path }: End, field: keyof PciDevice): Pick<Found, 'config' | 'path'> => ({
  config: view.config,
  path: `${path}.${field}`,
});

const knownLinks = new WeakMap<ScenarioView, [End, End][]>();

/** Both ends of every link, at most PAIRS_MAX. */
function linksOf(view: ScenarioView): [End, End][] {
  let links = knownLinks.get(view);
  if (links) return links;
  links = [];
  const ends = new Map<number, End[]>();
  for (const end of view.all.flatMap(endsOf)) {
    const others = ends.get(end.device.bdf) ?? [];
    for (const other of others) if (other.view !== end.view && links.length < PAIRS_MAX) links.push([other, end]);
    others.push(end);
    ends.set(end.device.bdf, others);
  }
  knownLinks.set(view, links);
  return links;
}

const SECTION = ['state table', 'read/write section'];
const sectionName = (section: number): string => SECTION[section] ?? `output section of peer ${section - 2}`;

export const ivshmemRules: Rule[] = [
  {
    id: 'shmem-regions',
    severity: 'error',
    title: 'Shared-memory sections beyond the memory regions',
    check: ({ all }) =>
      all.flatMap(endsOf).flatMap((end) => {
        const { shmemRegionsStart: start, shmemPeers: peers } = end.device;
        const count = end.view.regions.length;
        if (start + 2 + peers <= count) return [];
        return [
          {
            ...place(end, 'shmemRegionsStart'),
            message:
              `${title(end)} takes its sections from regions ${start} to ${start + 1 + peers}, and there are only ${count} ` +
              '(state table, read/write section, one output section a peer): correct shmem_regions_start, or add regions.',
          },
        ];
      }),
  },
  {
    id: 'shmem-peer-id',
    severity: 'error',
    title: 'A peer id outside the peers',
    check: ({ all }) =>
      all.flatMap(endsOf).flatMap((end) => {
        const { shmemDevId: id, shmemPeers: peers } = end.device;
        if (peers > SHMEM_PEERS_MAX || id >= SHMEM_PEERS_MAX)
          return [
            {
              ...place(end, 'shmemPeers'),
              message: `${title(end)} has peer id ${id} of ${peers}; at most ${SHMEM_PEERS_MAX} peers can share a device: lower the numbers.`,
            },
          ];
        if (id < peers) return [];
        return [
          {
            ...place(end, 'shmemDevId'),
            message: `${title(end)} has shmem_dev_id ${id}, but its ${peers} peers are 0 to ${peers - 1}: it has no output section; choose one of those, or raise shmem_peers.`,
          },
        ];
      }),
  },
  {
    id: 'shmem-sections',
    severity: 'error',
    title: 'Sections that do not follow each other',
    check: ({ all }) =>
      all.flatMap(endsOf).flatMap((end) => {
        const [first, ...others] = end.sections;
        if (!first) return [];
        let next = first.virt.start + first.virt.size;
        for (const [i, section] of others.entries()) {
          const { virt, region } = section;
          if (virt.size === 0n) continue;
          if (virt.start === next) {
            next += virt.size;
            continue;
          }
          return [
            {
              config: end.view.config,
              path: `${section.path}.virtStart`,
              message:
                `The ${sectionName(i + 1)} of ${title(end)} is region ${section.index} at guest ${rangeOf(virt)}; sections follow each ` +
                `other without gaps, so it must begin at ${hex(next)}.`,
              ranges: [owned(sectionName(i + 1), virt), owned('expected', { start: next, size: virt.size })],
              ...(region.physStart === region.virtStart
                ? {}
                : {
                    fix: regionFix(`Begin it at guest ${hex(next)}`, section, (copy) => {
                      copy.virtStart = next;
                    }),
                  }),
            },
          ];
        }
        return [];
      }),
  },
  {
    id: 'shmem-section-sizes',
    severity: 'error',
    title: 'Output sections of different sizes',
    check: ({ all }) =>
      all.flatMap(endsOf).flatMap((end) => {
        const outputs = end.sections.slice(2);
        const odd = outputs.find(({ virt }) => virt.size !== outputs[0]!.virt.size);
        const state = end.sections[0];
        if (state && state.virt.size === 0n)
          return [
            {
              config: end.view.config,
              path: `${state.path}.size`,
              message: `The state table of ${title(end)} is region ${state.index}, which is empty: give it a page, or correct shmem_regions_start.`,
            },
          ];
        if (!odd) return [];
        return [
          {
            config: end.view.config,
            path: `${odd.path}.size`,
            message:
              `Output sections of ${title(end)} differ: region ${outputs[0]!.index} has ${hex(outputs[0]!.virt.size)} bytes, region ` +
              `${odd.index} has ${hex(odd.virt.size)}; the device announces one size for all, so make them equal.`,
            ranges: [owned(sectionName(2), outputs[0]!.virt), owned(`region ${odd.index}`, odd.virt)],
          },
        ];
      }),
  },
  {
    id: 'shmem-access',
    severity: 'error',
    title: 'Wrong access to a shared-memory section',
    check: ({ all }) =>
      all.flatMap(endsOf).flatMap((end) =>
        end.sections.flatMap((section, i) => {
          if (section.virt.size === 0n) return [];
          const wanted = MEM_FLAG.READ | (i === 1 || i - 2 === end.device.shmemDevId ? MEM_FLAG.WRITE : 0n);
          const actual = section.region.flags & (MEM_FLAG.READ | MEM_FLAG.WRITE);
          if (actual === wanted) return [];
          const words = wanted & MEM_FLAG.WRITE ? 'READ | WRITE' : 'READ';
          return [
            {
              config: end.view.config,
              path: `${section.path}.flags`,
              message:
                `The ${sectionName(i)} of ${title(end)}, which is peer ${end.device.shmemDevId}, is region ${section.index} at ` +
                `${rangeOf(section.phys)} with ${actual & MEM_FLAG.WRITE ? 'write' : 'no write'} access: it must be ${words}.`,
              ranges: [owned(sectionName(i), section.phys)],
              fix: regionFix(`Make it ${words}`, section, (region) => {
                region.flags = (region.flags & ~(MEM_FLAG.READ | MEM_FLAG.WRITE)) | wanted;
              }),
            },
          ];
        }),
      ),
  },
  {
    id: 'shmem-rootshared',
    severity: 'error',
    title: 'Shared memory that is taken from root',
    check: ({ cells }) =>
      cells.flatMap(endsOf).flatMap((end) =>
        end.sections
          .filter(({ region }) => !isPlaceholder(region) && region.size > 0n && !isRootShared(region))
          .map((section) => ({
            config: end.view.config,
            path: `${section.path}.flags`,
            message:
              `Region ${section.index} at ${rangeOf(section.phys)} is shared memory of ${title(end)} without ROOTSHARED: creating the ` +
              'cell takes it from root and from the link; add the flag.',
            ranges: [owned(`region ${section.index}`, section.phys)],
            fix: shareWithRoot(section),
          })),
      ),
  },
  {
    id: 'shmem-id-twice',
    severity: 'error',
    title: 'Two peers with the same id',
    check: (view) =>
      linksOf(view)
        .filter(([a, b]) => a.device.shmemDevId === b.device.shmemDevId)
        .map(([a, b]) => {
          const used = linksOf(view)
            .flat()
            .filter(({ device }) => device.bdf === b.device.bdf)
            .map(({ device }) => device.shmemDevId);
          const free = Array.from({ length: b.device.shmemPeers }, (_, id) => id).find((id) => !used.includes(id));
          return {
            ...place(b, 'shmemDevId'),
            message:
              `${title(a)} and ${title(b)} are both peer ${b.device.shmemDevId} of the same link (${bdfText(b.device.bdf)}), so the ` +
              `second one cannot be created: ${free === undefined ? 'raise shmem_peers, or use another device number.' : `make it peer ${free}.`}`,
            ...(free !== undefined && {
              fix: cellFix(`Make it peer ${free}`, b.view, (cell) => {
                cell.pciDevices[b.index]!.shmemDevId = free;
              }),
            }),
          };
        }),
  },
  {
    id: 'shmem-link-memory',
    severity: 'error',
    title: 'The two ends of a link share different memory',
    check: (view) =>
      linksOf(view).flatMap(([a, b]) => {
        for (let i = 0; i < Math.min(a.sections.length, b.sections.length); i++) {
          const first = a.sections[i]!;
          const second = b.sections[i]!;
          if (first.phys.size === 0n && second.phys.size === 0n) continue;
          if (first.phys.start === second.phys.start && first.phys.size === second.phys.size) continue;
          return [
            {
              config: b.view.config,
              path: second.path,
              message:
                `The ${sectionName(i)} of ${title(a)} is physical ${rangeOf(first.phys)} (region ${first.index}), that of ${title(b)} is ` +
                `${rangeOf(second.phys)} (region ${second.index}): both ends must name the same memory.`,
              ranges: [owned(title(a), first.phys), owned(title(b), second.phys)],
              fix: regionFix(`Use ${rangeOf(first.phys)}`, second, (region) => {
                const shift = region.virtStart - region.physStart;
                region.physStart = first.phys.start;
                region.virtStart = first.phys.start + shift;
                region.size = first.phys.size;
              }),
            },
          ];
        }
        return [];
      }),
  },
  {
    id: 'shmem-link-peers',
    severity: 'error',
    title: 'The two ends of a link count different peers',
    check: (view) =>
      linksOf(view)
        .filter(([a, b]) => a.device.shmemPeers !== b.device.shmemPeers)
        .map(([a, b]) => ({
          ...place(b, 'shmemPeers'),
          message: `${title(a)} has ${a.device.shmemPeers} peers, ${title(b)} has ${b.device.shmemPeers}: the number is part of the layout, make it the same.`,
          fix: cellFix(`Set shmem_peers to ${a.device.shmemPeers}`, b.view, (cell) => {
            cell.pciDevices[b.index]!.shmemPeers = a.device.shmemPeers;
          }),
        })),
  },
  {
    id: 'shmem-link-protocol',
    severity: 'error',
    title: 'The two ends of a link speak different protocols',
    check: (view) =>
      linksOf(view)
        .filter(([a, b]) => !protocolsMatch(a.device.shmemProtocol, b.device.shmemProtocol))
        .map(([a, b]) => ({
          ...place(b, 'shmemProtocol'),
          message:
            `${title(a)} has protocol ${protocolText(a.device.shmemProtocol)}, ${title(b)} has ${protocolText(b.device.shmemProtocol)}: ` +
            'use the same one, or for virtio front-end and back-end of the same device.',
        })),
  },
  {
    id: 'shmem-alone',
    severity: 'warning',
    title: 'A shared-memory device without partner',
    check: (view) => {
      const linked = new Set(linksOf(view).flatMap((link) => link.map(({ device }) => device)));
      return view.cells
        .flatMap(endsOf)
        .filter(({ device }) => device.shmemPeers > 1 && !linked.has(device))
        .map((end) => ({
          ...place(end, 'bdf'),
          message: `${title(end)} has no partner: no other cell has a device ${bdfText(end.device.bdf)}, and links are made by that number; add the other end, or correct bdf.`,
        }));
    },
  },
  {
    id: 'shmem-interrupts',
    severity: 'error',
    title: 'Shared-memory interrupts that cannot work',
    check: ({ all, isX86 }) =>
      all.flatMap(endsOf).flatMap((end) => {
        const { numMsixVectors: vectors, barMask } = end.device;
        if (vectors > MSIX_VECTORS_MAX)
          return [
            {
              ...place(end, 'numMsixVectors'),
              message: `${title(end)} asks for ${vectors} MSI-X vectors; at most ${MSIX_VECTORS_MAX} are possible: lower num_msix_vectors.`,
            },
          ];
        if (isX86 && vectors === 0)
          return [
            {
              ...place(end, 'numMsixVectors'),
              message: `${title(end)} has no MSI-X vectors, and on x86 shared-memory devices have no INTx: set num_msix_vectors and the MSI-X BAR masks.`,
              fix: cellFix('Use two MSI-X vectors', end.view, (cell) => {
                const device = cell.pciDevices[end.index]!;
                device.numMsixVectors = 2;
                device.barMask = [0xfffff000, 0xfffff000, 0, 0, 0, 0];
              }),
            },
          ];
        if (vectors > 0 && barMask[1] === 0)
          return [
            {
              ...place(end, 'barMask'),
              message: `${title(end)} has ${vectors} MSI-X vectors but no BAR 1 for their table: use JAILHOUSE_IVSHMEM_BAR_MASK_MSIX.`,
              fix: cellFix('Use the MSI-X BAR masks', end.view, (cell) => {
                cell.pciDevices[end.index]!.barMask = [barMask[0]!, barMask[0]!, 0, 0, 0, 0];
              }),
            },
          ];
        if (barMask[0] === 0)
          return [
            {
              ...place(end, 'barMask'),
              message: `${title(end)} has no BAR 0, so its registers can never be reached: use JAILHOUSE_IVSHMEM_BAR_MASK_INTX or _MSIX.`,
              fix: cellFix('Use the customary BAR masks', end.view, (cell) => {
                cell.pciDevices[end.index]!.barMask = [0xfffff000, vectors > 0 ? 0xfffff000 : 0, 0, 0, 0, 0];
              }),
            },
          ];
        return [];
      }),
  },
];

const protocolText = (protocol: number): string =>
  enumName(SHMEM_PROTOCOL_SYMBOLS, BigInt(protocol))?.replace(SHMEM_PROTOCOL_SYMBOLS.prefix, '') ?? hex(protocol);

/** Equal, or virtio front-end (0x8000 + device) against back-end (0xc000 + device). */
function protocolsMatch(a: number, b: number): boolean {
  const isVirtio = a >= SHMEM_PROTOCOL.VIRTIO_FRONT || b >= SHMEM_PROTOCOL.VIRTIO_FRONT;
  return isVirtio ? (a ^ b) === (SHMEM_PROTOCOL.VIRTIO_FRONT ^ SHMEM_PROTOCOL.VIRTIO_BACK) : a === b;
}
