// How each GIC register that a cell may reach is moderated: tables of offset ranges, read by the distributor and the
// redistributor emulation. Source: ABI reference, C.4; names and offsets: Arm IHI 0048 (GICv2), IHI 0069 (GICv3).

/**
 * `set`, `clear`: one bit an interrupt, reads and writes masked with ownership, ones act.
 * `merge`: masked on reads; writes keep the bits of interrupts that the cell does not own.
 * `targets`, `route`: where an SPI goes; must be CPUs of the own cell.
 * `sgi`: generates software interrupts, emulated.
 * `readable`: reads pass, writes are ignored.
 */
export type Moderation = 'set' | 'merge' | 'targets' | 'route' | 'sgi' | 'readable';

export interface RegisterRange {
  readonly name: string;
  readonly from: number;
  /** First offset behind the range. */
  readonly to: number;
  readonly moderation: Moderation;
  /** Bits that belong to one interrupt, for `set` and `merge`. */
  readonly bitsPerInterrupt?: 1 | 2 | 8;
}

/** Registers of both versions, then those of one. What is not listed reads 0 and ignores writes. */
const COMMON: readonly RegisterRange[] = [
  { name: 'GICD_CTLR', from: 0x000, to: 0x004, moderation: 'readable' },
  { name: 'GICD_TYPER', from: 0x004, to: 0x008, moderation: 'readable' },
  { name: 'GICD_IIDR', from: 0x008, to: 0x00c, moderation: 'readable' },
  { name: 'GICD_IGROUPR', from: 0x080, to: 0x100, moderation: 'merge', bitsPerInterrupt: 1 },
  { name: 'GICD_ISENABLER', from: 0x100, to: 0x180, moderation: 'set', bitsPerInterrupt: 1 },
  { name: 'GICD_ICENABLER', from: 0x180, to: 0x200, moderation: 'set', bitsPerInterrupt: 1 },
  { name: 'GICD_ISPENDR', from: 0x200, to: 0x280, moderation: 'set', bitsPerInterrupt: 1 },
  { name: 'GICD_ICPENDR', from: 0x280, to: 0x300, moderation: 'set', bitsPerInterrupt: 1 },
  { name: 'GICD_ISACTIVER', from: 0x300, to: 0x380, moderation: 'set', bitsPerInterrupt: 1 },
  { name: 'GICD_ICACTIVER', from: 0x380, to: 0x400, moderation: 'set', bitsPerInterrupt: 1 },
  { name: 'GICD_IPRIORITYR', from: 0x400, to: 0x800, moderation: 'merge', bitsPerInterrupt: 8 },
  { name: 'GICD_ICFGR', from: 0xc00, to: 0xd00, moderation: 'merge', bitsPerInterrupt: 2 },
];

export const DISTRIBUTOR: Readonly<Record<2 | 3, readonly RegisterRange[]>> = {
  2: [
    ...COMMON,
    { name: 'GICD_ITARGETSR', from: 0x800, to: 0xc00, moderation: 'targets' },
    { name: 'GICD_SGIR', from: 0xf00, to: 0xf04, moderation: 'sgi' },
    { name: 'GICD_PIDR', from: 0xfd0, to: 0x1000, moderation: 'readable' },
  ],
  3: [
    ...COMMON,
    { name: 'GICD_IROUTER', from: 0x6000, to: 0x8000, moderation: 'route' },
    { name: 'GICD_PIDR', from: 0xffd0, to: 0x10000, moderation: 'readable' },
  ],
};

export const DISTRIBUTOR_SIZE = { 2: 0x1000, 3: 0x10000 } as const;
export const GICD_IROUTER = 0x6000;
export const GICD_ITARGETSR = 0x800;
export const GICD_ISPENDR = 0x200;
export const GICD_ICENABLER = 0x180;
export const GICD_ICACTIVER = 0x380;

/** Offset of PIDR2, which tells the architecture version, in the distributor's window. */
export const GICD_PIDR2 = { 2: 0xfe8, 3: 0xffe8 } as const;
export const architectureVersion = (pidr2: number): number => (pidr2 >>> 4) & 0xf;

/**
 * Redistributor: `anyone`: every cell reads it in every frame. `own`: passes on the own CPUs' frames, ignored on foreign
 * ones. `masked`: as `own`, without the hypervisor's private interrupts. `zero`: reads 0.
 */
export interface RedistributorRange {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly access: 'anyone' | 'typer' | 'own' | 'masked' | 'zero';
}

const SGI_FRAME = 0x10000;
export const GICR_TYPER = 0x0008;
export const GICR_ISENABLER0 = SGI_FRAME + 0x100;
export const GICR_ICENABLER0 = SGI_FRAME + 0x180;
export const GICR_ICACTIVER0 = SGI_FRAME + 0x380;
export const REDISTRIBUTOR_SIZE = 0x20000;

export const REDISTRIBUTOR: readonly RedistributorRange[] = [
  { name: 'GICR_CTLR', from: 0x0000, to: 0x0004, access: 'own' },
  { name: 'GICR_IIDR', from: 0x0004, to: 0x0008, access: 'anyone' },
  { name: 'GICR_TYPER', from: 0x0008, to: 0x0010, access: 'typer' },
  { name: 'GICR_STATUSR', from: 0x0010, to: 0x0014, access: 'own' },
  { name: 'GICR_WAKER', from: 0x0014, to: 0x0018, access: 'own' },
  { name: 'GICR_SYNCR', from: 0x00c0, to: 0x00c4, access: 'zero' },
  { name: 'GICR_PIDR', from: 0xffd0, to: 0x10000, access: 'anyone' },
  { name: 'GICR_ISENABLER0', from: SGI_FRAME + 0x100, to: SGI_FRAME + 0x104, access: 'masked' },
  { name: 'GICR_ICENABLER0', from: SGI_FRAME + 0x180, to: SGI_FRAME + 0x184, access: 'masked' },
  { name: 'GICR_ISPENDR0', from: SGI_FRAME + 0x200, to: SGI_FRAME + 0x204, access: 'masked' },
  { name: 'GICR_ICPENDR0', from: SGI_FRAME + 0x280, to: SGI_FRAME + 0x284, access: 'masked' },
  { name: 'GICR_ISACTIVER0', from: SGI_FRAME + 0x300, to: SGI_FRAME + 0x304, access: 'masked' },
  { name: 'GICR_ICACTIVER0', from: SGI_FRAME + 0x380, to: SGI_FRAME + 0x384, access: 'masked' },
  { name: 'GICR_IPRIORITYR', from: SGI_FRAME + 0x400, to: SGI_FRAME + 0x420, access: 'own' },
  { name: 'GICR_ICFGR', from: SGI_FRAME + 0xc00, to: SGI_FRAME + 0xc08, access: 'own' },
];

export const registerAt = <Range extends { from: number; to: number }>(
  ranges: readonly Range[],
  offset: number,
): Range | undefined => ranges.find(({ from, to }) => offset >= from && offset < to);
