// The instruction table: no word has two meanings, every pattern survives encoding and decoding, and the text is what
// GNU objdump says.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe as group, expect, it } from 'vitest';
import { placeOperands } from '../../interpreter/records.ts';
import { describe as textOf, disassemble } from '../disassemble.ts';
import { findInstruction, INSTRUCTIONS } from './index.ts';
import type { Instruction } from './instruction.ts';
import {
  conditionCube,
  extractFields,
  inCube,
  insertFields,
  intersectCubes,
  parsePattern,
  wordOutside,
} from './pattern.ts';
import { randomWord } from './random.ts';

const holes = (instruction: Instruction) =>
  instruction.except.map((condition) => conditionCube(instruction.pattern, condition));

group('instruction table', () => {
  it('gives no word to two entries', () => {
    const clashes: string[] = [];
    INSTRUCTIONS.forEach((a, i) => {
      for (const b of INSTRUCTIONS.slice(i + 1)) {
        const both = intersectCubes(a.pattern, b.pattern);
        if (!both) continue;
        const word = wordOutside(both, [...holes(a), ...holes(b)]);
        if (word !== undefined) clashes.push(`${a.name} and ${b.name}: ${word.toString(16)}`);
      }
    });
    expect(clashes).toEqual([]);
  });

  it('has unique names, places for all operands and text for every form', () => {
    expect(new Set(INSTRUCTIONS.map(({ name }) => name)).size).toBe(INSTRUCTIONS.length);
    for (const instruction of INSTRUCTIONS) {
      placeOperands(instruction);
      const word = wordOutside(instruction.pattern, holes(instruction))!;
      expect(textOf(instruction, extractFields(instruction.pattern, word))).not.toContain('undefined');
    }
  });

  it('decodes what it encodes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...INSTRUCTIONS), fc.nat(), (instruction, seed) => {
        const word = randomWord(instruction, seed);
        expect(findInstruction(word)?.name).toBe(instruction.name);
        expect(insertFields(instruction.pattern, extractFields(instruction.pattern, word))).toBe(word);
      }),
      { numRuns: 3000 },
    );
  });

  it('finds nothing in words that no entry covers', () => {
    for (const word of [0xffff_ffff, 0x0001_0000, 0x1400_0000 ^ 0x0400_0000]) {
      const found = findInstruction(word);
      if (found) expect(inCube(found.pattern, word) && !holes(found).some((hole) => inCube(hole, word))).toBe(true);
    }
    expect(findInstruction(0x0001_0000)).toBeUndefined();
  });
});

group('patterns', () => {
  it('must describe 32 bits', () => {
    expect(() => parsePattern('0101 Rd:5')).toThrow('describes 9 bits');
    expect(() => parsePattern('0 Rd:5 Rd:5 000000000000000000000')).toThrow('bad token');
  });

  it('refuse fields that do not fit', () => {
    const pattern = parsePattern('00000000000000000000000 Rn:4 Rd:5');
    expect(() => insertFields(pattern, { Rd: 32 })).toThrow('does not fit');
    expect(() => insertFields(pattern, { Rm: 1 })).toThrow('no field Rm');
  });
});

const objdump = 'aarch64-linux-gnu-objdump';
const haveObjdump = spawnSync(objdump, ['--version']).status === 0;
/** objdump prints these by newer extensions' names or by its own idea of reserved values. */
const OTHER_TEXT = /^(MSR \(register\)|MRS|HINT|DSB|SYS|SYSL|MSR |UDF|PRFM|DCPS)/;
const UNPREDICTABLE = /^(LDP|LDPSW|LDAXP|LDXP|STXR|STXP|STLXR|STLXP) |-index\)/;

group('disassembler', () => {
  it.skipIf(!haveObjdump)('says what objdump says (needs aarch64-linux-gnu-objdump)', () => {
    const words = INSTRUCTIONS.filter(({ name }) => !OTHER_TEXT.test(name)).flatMap((instruction, i) =>
      Array.from({ length: 12 }, (_, j) => randomWord(instruction, i * 100 + j)),
    );
    const directory = mkdtempSync(join(tmpdir(), 'disassemble-'));
    try {
      const file = join(directory, 'code.bin');
      writeFileSync(file, Buffer.from(Uint32Array.from(words).buffer));
      const run = spawnSync(objdump, ['-b', 'binary', '-m', 'aarch64', '-M', 'no-aliases', '-D', file], {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
      const theirs = new Map<number, string>();
      for (const line of run.stdout.split('\n')) {
        const match = /^\s*([0-9a-f]+):\t[0-9a-f]{8} \t(.*)$/.exec(line);
        if (match)
          theirs.set(
            parseInt(match[1]!, 16),
            match[2]!
              .replace(/\s*\/\/.*$/, '')
              .replace('\t', ' ')
              .trim(),
          );
      }
      const differences = words.flatMap((word, i) => {
        const ours = disassemble(word, BigInt(i * 4));
        const other = theirs.get(i * 4);
        // objdump shows no text where loading one register twice, or the base with writeback, is unpredictable.
        if (other?.startsWith('.inst') && UNPREDICTABLE.test(findInstruction(word)!.name)) return [];
        return ours === other ? [] : [`${word.toString(16).padStart(8, '0')} ours: ${ours} objdump: ${other}`];
      });
      expect(differences).toEqual([]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
