// Hardware that the hypervisor must catch every access to: a region that covers it gives the cell direct access. ABI reference,
// C.4 (GIC frames), C.10, D.1 (configuration space), F.3 (checks 3 to 5 of the reference's own tool).
import { cpusOf, iommuUnitsOf } from '../codec.ts';
import { overlaps, type Range } from '../region.ts';
import { owned, rangeOf, regionTitle, type Found, type Rule, type ScenarioView } from './rule.ts';
import { shrinkFix } from './memory.ts';

export interface Intercepted extends Range {
  name: string;
}

const PAGE = 0x1000n;
const GICV2_WINDOW = 0x2000n;
const GICV3_DISTRIBUTOR = 0x10000n;
const REDISTRIBUTOR = 0x20000n;
const XAPIC: Intercepted = { name: 'xAPIC', start: 0xfee00000n, size: PAGE };

/** Windows of the interrupt controllers. GICv3: one redistributor for each CPU number up to the highest. */
export function interruptControllers({ system, root }: ScenarioView): Intercepted[] {
  const { platform } = system;
  if (platform.kind === 'x86')
    return [XAPIC, ...root.cell.irqchips.map(({ address }) => ({ name: 'IOAPIC', start: address, size: PAGE }))];
  const windows =
    platform.gicVersion === 2
      ? [
          { name: 'GICD', start: platform.gicdBase, size: PAGE },
          { name: 'GICC', start: platform.giccBase, size: GICV2_WINDOW },
          { name: 'GICH', start: platform.gichBase, size: GICV2_WINDOW },
          { name: 'GICV', start: platform.gicvBase, size: GICV2_WINDOW },
        ]
      : [
          { name: 'GICD', start: platform.gicdBase, size: GICV3_DISTRIBUTOR },
          {
            name: 'GICR',
            start: platform.gicrBase,
            size: REDISTRIBUTOR * BigInt(Math.max(0, ...cpusOf(root.cell.cpuSet)) + 1),
          },
        ];
  return windows.filter(({ start }) => start !== 0n);
}

/** A finding for every region with memory that covers one of the windows. */
const covered = (view: ScenarioView, windows: readonly Intercepted[], guest: boolean): Found[] =>
  view.all.flatMap(({ regions }) =>
    regions.flatMap((region) =>
      windows
        .filter((window) => region.hasMemory && overlaps(guest ? region.virt : region.phys, window))
        .map((window) => {
          const range = guest ? region.virt : region.phys;
          const fix =
            region.owner.isRoot || region.phys.start === region.virt.start ? shrinkFix(region, window) : undefined;
          return {
            config: region.owner.config,
            path: region.path,
            message:
              `${regionTitle(region)} at ${guest ? 'guest ' : ''}${rangeOf(range)} covers the ${window.name} at ` +
              `${rangeOf(window)}, which the hypervisor must intercept: leave that range out.`,
            ranges: [owned(regionTitle(region), range), owned(window.name, window)],
            ...(fix && { fix }),
          };
        }),
    ),
  );

export const interceptionRules: Rule[] = [
  {
    id: 'intercept-mmconfig',
    severity: 'error',
    title: 'PCI configuration space is not intercepted',
    check: (view) => (view.mmconfig ? covered(view, [{ name: 'PCI MMCONFIG window', ...view.mmconfig }], true) : []),
  },
  {
    id: 'intercept-iommu',
    severity: 'error',
    title: 'An IOMMU is not intercepted',
    check: (view) =>
      covered(
        view,
        iommuUnitsOf(view.system).map(({ base, size }, index) => ({
          name: `IOMMU ${index}`,
          start: base,
          size: BigInt(size),
        })),
        false,
      ),
  },
  {
    id: 'intercept-interrupt-controller',
    severity: 'error',
    title: 'An interrupt controller is not intercepted',
    check: (view) => covered(view, interruptControllers(view), false),
  },
];
