// Meanings of LD1 to LD4 and ST1 to ST4 (Arm ARM DDI 0487, C7.2): each element is an access of its own, and registers are
// written element by element, as far as an abort lets it come.
import { MULTIPLE_FORMS, SINGLE_FORMS } from '../table/structures.ts';
import type { X64 } from '../../wasm/expression.ts';
import { i64 } from '../../wasm/expression.ts';
import type { Meaning, Operations, Statics } from './operations.ts';

const structures: Record<string, Meaning> = {};
const registerName = (i: number): string => (i === 0 ? 't' : `t${i + 1}`);

/** Defines the plain and the post-index form of a transfer of `bytes(statics)`. */
function define(
  name: string,
  bytes: (s: Statics) => number,
  transfer: (o: Operations, s: Statics, address: X64) => void,
): void {
  structures[name] = (o, s) => transfer(o, s, o.base('n', s.stack));
  structures[`${name} (post-index)`] = (o, s) => {
    const address = o.base('n', s.stack);
    const after = o.keep(i64.add(address, s.immediate === 1 ? bytes(s) : (o.x.read('m') as X64)));
    transfer(o, s, address);
    o.x.write('n', after);
  };
}

for (const { name, load, count, interleave } of MULTIPLE_FORMS) {
  const bytes = (s: Statics): number => count * (s.Q === 1 ? 16 : 8);
  define(name, bytes, (o, s, address) => {
    // Whole registers in order move by doublewords, whatever the element size, which matters to the alignment only.
    const scale = interleave === 1 ? 3 : s.size!;
    const elements = (s.Q === 1 ? 16 : 8) >> scale;
    o.structure(address, bytes(s), !load, (memory) => {
      let offset = 0;
      const element = (register: number, lane: number): void => {
        const operand = registerName(register);
        if (load) o.writeLane(operand, scale, memory.load(offset, scale, s.size!), lane << scale);
        else memory.store(offset, scale, o.readLane(operand, scale, lane << scale), s.size!);
        offset += 1 << scale;
      };
      if (interleave === 1) for (let i = 0; i < count * elements; i++) element(Math.floor(i / elements), i % elements);
      else for (let i = 0; i < count * elements; i++) element(i % count, Math.floor(i / count));
    });
    if (load && s.Q === 0) for (let i = 0; i < count; i++) o.clearUpper(registerName(i));
  });
}

for (const { name, load, count, scale } of SINGLE_FORMS) {
  if (scale === undefined) {
    define(
      name,
      (s) => count << s.size!,
      (o, s, address) =>
        o.structure(address, count << s.size!, false, (memory) => {
          for (let i = 0; i < count; i++) {
            const value = memory.load(i << s.size!, s.size!, s.size!);
            const element = 8 << s.size!;
            let whole = value;
            for (let width = element; width < 64; width *= 2) whole = o.keep(i64.or(whole, i64.shl(whole, width)));
            o.writeVectorLow(registerName(i), whole);
            if (s.Q === 1) o.writeLane(registerName(i), 3, whole, 8);
          }
        }),
    );
    continue;
  }
  define(
    name,
    () => count << scale,
    (o, _, address) =>
      o.structure(address, count << scale, !load, (memory) => {
        for (let i = 0; i < count; i++) {
          // The operand is the lane itself.
          if (load) o.writeLane(registerName(i), scale, memory.load(i << scale, scale, scale));
          else memory.store(i << scale, scale, o.readLane(registerName(i), scale), scale);
        }
      }),
  );
}

export const STRUCTURE_MEANINGS: Readonly<Record<string, Meaning>> = structures;
