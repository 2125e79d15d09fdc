// Meanings of loads and stores (Arm ARM DDI 0487, C6.2 and C7.2). Registers are written only after every access of the
// instruction has succeeded (pairs of vectors excepted), so that a fault leaves the base and the other register as they were. Where a register is both
// base and data, or is loaded twice, the order of the writes decides (../choices.ts).
import { LITERALS, PAIRS, TRANSFERS } from '../table/memory.ts';
import type { X64 } from '../../wasm/expression.ts';
import { i64 } from '../../wasm/expression.ts';
import { extend } from './integer.ts';
import type { Access, Meaning, Operations } from './operations.ts';

const memory: Record<string, Meaning> = {};

interface RegisterTransfer {
  readonly vector: boolean;
  readonly load: boolean;
  readonly scale: number;
  readonly register: string;
  readonly extend?: 32 | 64;
}

const accessOf = (transfer: RegisterTransfer): Access => ({
  scale: transfer.scale,
  wide: transfer.register === 'x',
  ...(transfer.extend ? { extend: transfer.extend } : {}),
});

const readData = (o: Operations, transfer: RegisterTransfer, register: string): X64 =>
  transfer.vector ? o.readVectorLow(register) : (o.x.read(register) as X64);

function writeData(o: Operations, transfer: RegisterTransfer, register: string, value: X64): void {
  if (transfer.vector) o.writeVectorLow(register, value);
  else o.x.write(register, value);
}

/** Moves one register; what it returns writes the loaded value, once the rest of the instruction is safe. */
function move(
  o: Operations,
  transfer: RegisterTransfer,
  register: string,
  address: X64,
  kind: Partial<Access>,
): () => void {
  const access = { ...accessOf(transfer), ...kind };
  if (transfer.load) {
    if (transfer.scale === 4) {
      const value = o.loadVector(address);
      return () => o.writeVector(register, value);
    }
    const value = o.load(address, access);
    return () => writeData(o, transfer, register, value);
  }
  if (transfer.scale === 4) o.storeVector(address, o.readVector(register));
  else o.store(address, readData(o, transfer, register), access);
  return () => undefined;
}

/** Moves the two registers of a pair. */
function movePair(o: Operations, transfer: RegisterTransfer, address: X64): () => void {
  const access = accessOf(transfer);
  const nothing = (): void => undefined;
  if (!transfer.load) {
    if (transfer.scale === 4) o.storeVectorPair(address, o.readVector('t'), o.readVector('t2'));
    else o.storePair(address, readData(o, transfer, 't'), readData(o, transfer, 't2'), access);
    return nothing;
  }
  if (transfer.vector) {
    o.loadVectorPair(address, transfer.scale, ['t', 't2']);
    return nothing;
  }
  const [first, second] = o.loadPair(address, access);
  return () => {
    writeData(o, transfer, 't2', second);
    writeData(o, transfer, 't', first);
  };
}

for (const transfer of TRANSFERS) {
  const { name } = transfer;
  const syndrome = transfer.vector ? {} : { syndrome: true as const };
  const offset: Meaning = (o, s) => {
    const address = o.keep(i64.add(o.base('n', s.stack), o.immediate64('offset')));
    move(o, transfer, 't', address, syndrome)();
  };
  memory[`${name} (unsigned offset)`] = offset;
  memory[`${name} (unscaled)`] = offset;
  memory[`${name} (unprivileged)`] = (o, s) => {
    const address = o.keep(i64.add(o.base('n', s.stack), o.immediate64('offset')));
    move(o, transfer, 't', address, { ...syndrome, unprivileged: true })();
  };
  memory[`${name} (post-index)`] = (o, s) => {
    const address = o.base('n', s.stack);
    const after = o.keep(i64.add(address, o.immediate64('offset')));
    const write = move(o, transfer, 't', address, {});
    write();
    o.x.write('n', after);
  };
  memory[`${name} (pre-index)`] = (o, s) => {
    const address = o.keep(i64.add(o.base('n', s.stack), o.immediate64('offset')));
    const write = move(o, transfer, 't', address, {});
    write();
    o.x.write('n', address);
  };
  memory[`${name} (register)`] = (o, s) => {
    const index = extend(o.x, o.x.read('m') as X64, s.option!);
    const shift = s.S === 1 ? transfer.scale : 0;
    const address = o.keep(i64.add(o.base('n', s.stack), i64.shl(index as X64, shift)));
    move(o, transfer, 't', address, syndrome)();
  };
}

for (const transfer of LITERALS)
  memory[transfer.name] = (o) => {
    const address = o.keep(i64.add(o.pc(), o.immediate64('offset')));
    move(o, { ...transfer, load: true }, 't', address, transfer.vector ? {} : { syndrome: true })();
  };

for (const transfer of PAIRS) {
  const { name } = transfer;
  const offset: Meaning = (o, s) =>
    movePair(o, transfer, o.keep(i64.add(o.base('n', s.stack), o.immediate64('offset'))))();
  memory[`${name} (offset)`] = offset;
  memory[`${name} (no-allocate)`] = offset;
  memory[`${name} (post-index)`] = (o, s) => {
    const address = o.base('n', s.stack);
    const after = o.keep(i64.add(address, o.immediate64('offset')));
    const write = movePair(o, transfer, address);
    write();
    o.x.write('n', after);
  };
  memory[`${name} (pre-index)`] = (o, s) => {
    const address = o.keep(i64.add(o.base('n', s.stack), o.immediate64('offset')));
    const write = movePair(o, transfer, address);
    write();
    o.x.write('n', address);
  };
}

for (const name of ['PRFM (unsigned offset)', 'PRFUM', 'PRFM (register)', 'PRFM (literal)'])
  memory[name] = (o) => o.nothing();

export const MEMORY_MEANINGS: Readonly<Record<string, Meaning>> = memory;
