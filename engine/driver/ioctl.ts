// The driver's ioctl interface: numbers and argument structures. Source: ABI reference, E.1.

export const IOCTL = {
  JAILHOUSE_ENABLE: 0x40080000,
  JAILHOUSE_DISABLE: 0x00000001,
  JAILHOUSE_CELL_CREATE: 0x40100002,
  JAILHOUSE_CELL_LOAD: 0x40300003,
  JAILHOUSE_CELL_START: 0x40280004,
  JAILHOUSE_CELL_DESTROY: 0x40280005,
} as const;

export type IoctlName = keyof typeof IOCTL;

/** `id` -1: the name counts. Names are cut to 31 characters. */
export interface CellId {
  readonly id: number;
  readonly name: string;
}

export interface PreloadImage {
  readonly bytes: Uint8Array;
  /** Guest-physical address in the cell. */
  readonly target: bigint;
}

export const MAX_NAME = 31;
export const USE_NAME = -1;
