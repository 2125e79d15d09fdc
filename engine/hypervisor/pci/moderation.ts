// Which writes to the 64-byte configuration header get through: a table by dword. Source: ABI reference, D.2.
import { PCI_TYPE, type PciDevice } from '../../config/index.ts';

/** `bar`: emulated with bar_mask. A number: only these bits of the dword reach the device. */
export type HeaderRule = 'allow' | 'deny' | 'ignore' | 'bar' | number;

export const HEADER_SIZE = 0x40;
export const COMMAND = 0x04;
export const FIRST_BAR = 0x10;
export const BARS_END = 0x28;
export const EXPANSION_ROM = 0x30;

interface Row {
  readonly from: number;
  /** First dword behind. */
  readonly to: number;
  readonly endpoint: HeaderRule;
  readonly bridge: HeaderRule;
}

const ROWS: readonly Row[] = [
  { from: 0x04, to: 0x08, endpoint: 'allow', bridge: 'allow' },
  { from: 0x0c, to: 0x10, endpoint: 'allow', bridge: 'allow' },
  { from: 0x10, to: 0x1c, endpoint: 'bar', bridge: 'deny' },
  // Bridge: bus numbers' neighbours, I/O base and limit are ignored; the secondary status above them is not.
  { from: 0x1c, to: 0x20, endpoint: 'bar', bridge: 0xffff0000 },
  { from: 0x20, to: 0x28, endpoint: 'bar', bridge: 'ignore' },
  { from: 0x28, to: 0x30, endpoint: 'deny', bridge: 'ignore' },
  { from: 0x30, to: 0x34, endpoint: 'ignore', bridge: 'ignore' },
  { from: 0x3c, to: 0x40, endpoint: 0x000000ff, bridge: 0xffff00ff },
];

export function headerRule(device: PciDevice, register: number): HeaderRule {
  const row = ROWS.find(({ from, to }) => register >= from && register < to);
  if (!row) return 'deny';
  return device.type === PCI_TYPE.BRIDGE ? row.bridge : row.endpoint;
}
