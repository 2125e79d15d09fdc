// Comparing answers: the first difference, told with the operations that led to it.
import type { Operation } from './oracle.ts';

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

export function describeOperation(operation: Operation): string {
  const cpu = `CPU ${operation.cpu}`;
  switch (operation.kind) {
    case 'read':
      return `${cpu} read${operation.size * 8} ${hex(operation.address)}`;
    case 'write':
      return `${cpu} write${operation.size * 8} ${hex(operation.address)} = ${hex(operation.value)}`;
    case 'mrs':
      return `${cpu} ${operation.guest ? 'guest ' : ''}mrs S3_${(operation.key >> 11) & 7}_C${(operation.key >> 7) & 15}_C${(operation.key >> 3) & 15}_${operation.key & 7}`;
    case 'msr':
      return `${cpu} ${operation.guest ? 'guest ' : ''}msr S3_${(operation.key >> 11) & 7}_C${(operation.key >> 7) & 15}_C${(operation.key >> 3) & 15}_${operation.key & 7} = ${hex(operation.value)}`;
    default:
      return `${cpu} ${operation.kind} ${operation.arguments.map(hex).join(' ')}`;
  }
}

/** Where QEMU's answer and the manual part, and ours is the manual's. */
export interface Exemption {
  name: string;
  applies(operation: Operation, ours: bigint, theirs: bigint): boolean;
}

/** GICC_IAR and GICV_IAR. */
const ACKNOWLEDGE = [0x0801_000c, 0x0804_000c];

export const EXEMPTIONS: readonly Exemption[] = [
  {
    // IHI 0048, 3.2.5: 1022 only for an interrupt of sufficient priority to be signalled. QEMU gives it for any pending one.
    name: 'GICv2: 1022 for an interrupt that can not preempt',
    applies: (operation, ours, theirs) =>
      operation.kind === 'read' && ACKNOWLEDGE.includes(operation.address) && ours === 1023n && theirs === 1022n,
  },
];

/** Undefined if all answers agree; else a report that ends with the operation whose answers differ. */
export function firstDifference(
  operations: readonly Operation[],
  ours: readonly bigint[],
  theirs: readonly bigint[],
  before = Number(process.env['ORACLE_CONTEXT'] ?? 60),
): string | undefined {
  const index = operations.findIndex(
    (operation, n) =>
      ours[n] !== theirs[n] && !EXEMPTIONS.some((exemption) => exemption.applies(operation, ours[n]!, theirs[n]!)),
  );
  if (index < 0) return undefined;
  const from = Math.max(0, index - before);
  const lines = operations
    .slice(from, index + 1)
    .map((operation, n) => `${from + n}: ${describeOperation(operation)} -> ${hex(ours[from + n]!)}`);
  return `${lines.join('\n')}\nQEMU answers ${hex(theirs[index]!)}`;
}
