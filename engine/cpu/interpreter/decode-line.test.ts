import fc from 'fast-check';
import { expect, describe as group, it } from 'vitest';
import { findInstruction, INSTRUCTIONS } from '../aarch64/table/index.ts';
import type { Feature, Instruction } from '../aarch64/table/instruction.ts';
import { extractFields } from '../aarch64/table/pattern.ts';
import { Random, randomWordFrom } from '../aarch64/table/random.ts';
import { CODE_LAYOUT, RECORD_PAGE_SIZE, RECORD_SIZE, RECORDS_PER_PAGE } from '../core/layout.ts';
import { createEngineMemory, WASM_PAGE } from '../core/memory.ts';
import { importHostCalls } from '../core/services.ts';
import { ModuleBuilder } from '../wasm/module.ts';
import { DecodeTableFiller, placeDecodeTables } from './decode-tables.ts';
import { handlerOf, SPECIAL } from './handlers.ts';
import { emitInterpreter, tableSize } from './module.ts';
import { isRegister, placeOperands, registerSlot } from './records.ts';

const FEATURES: ReadonlySet<Feature> = new Set<Feature>(['base', 'FP', 'SIMD', 'CRC32', 'AES']);
const main = new WebAssembly.Module(emitInterpreter(0));
const hostCalls = Object.keys(importHostCalls(new ModuleBuilder()));

/** One page of code, its records, and the service over fresh tables. */
function decoder() {
  const records = Math.ceil(CODE_LAYOUT.pageTable / WASM_PAGE) * WASM_PAGE;
  const code = records + WASM_PAGE;
  const memory = createEngineMemory(code + WASM_PAGE);
  const tables = new DecodeTableFiller(memory, placeDecodeTables(CODE_LAYOUT.decodeTables), FEATURES);
  const unexpected = (): number => {
    throw new Error('only the tables are asked for');
  };
  const host = {
    ...Object.fromEntries(hostCalls.map((name) => [name, unexpected])),
    fillPlan: (plan: number) => tables.fillPlan(plan),
    fillTemplate: (plan: number, word: number, key: number, template: number) =>
      tables.fillTemplate(plan, word, key, template),
  };
  const handlers = new WebAssembly.Table({ element: 'anyfunc', initial: tableSize(false) });
  const { exports } = new WebAssembly.Instance(main, { engine: { memory, handlers }, host });
  const decodeLine = exports['decodeLine'] as (records: number, code: number, index: number) => number;
  return {
    words: new Uint32Array(memory.buffer, code, RECORDS_PER_PAGE),
    clear: () => new Uint8Array(memory.buffer, records, RECORD_PAGE_SIZE).fill(0),
    record: (index: number) => [...new Uint8Array(memory.buffer, records + index * RECORD_SIZE, RECORD_SIZE)],
    decode: (index: number) => decodeLine(records, code, index),
  };
}

/** A record as the instruction table says it, operand by operand. */
function expected(word: number, index: number): number[] {
  const record = new DataView(new ArrayBuffer(RECORD_SIZE));
  const instruction = findInstruction(word);
  if (!instruction || !FEATURES.has(instruction.feature)) {
    record.setUint16(0, SPECIAL.UNDEFINED, true);
    return [...new Uint8Array(record.buffer)];
  }
  const fields = extractFields(instruction.pattern, word);
  let near = true;
  for (const [name, at] of Object.entries(placeOperands(instruction))) {
    const operand = instruction.operands[name]!;
    if (isRegister(operand)) record.setUint16(at, registerSlot(operand, fields), true);
    else if (operand.kind === 'small') record.setUint16(at, operand.of(fields), true);
    else if (operand.kind === 'imm32') record.setInt32(at, operand.of(fields), true);
    else if (operand.kind === 'imm64') operand.of(fields).forEach((half, i) => record.setInt32(at + 4 * i, half, true));
    else {
      const target = index + operand.of(fields) / 4;
      near = target >= 0 && target < RECORDS_PER_PAGE;
      record.setInt32(at, operand.of(fields) * (near ? RECORD_SIZE / 4 : 1), true);
    }
  }
  record.setUint16(0, handlerOf(instruction, fields, near), true);
  return [...new Uint8Array(record.buffer)];
}

/** Words of an instruction that differ in registers only; some registers are equal, some 31. */
function family(random: Random, instruction: Instruction): number[] {
  const word = randomWordFrom(random, instruction, {});
  const operands = Object.values(instruction.operands).filter((operand) => 'field' in operand);
  return Array.from({ length: 12 }, () => {
    const shared = random.below(32);
    return operands.reduce((other, { field }) => {
      const { shift, width } = instruction.pattern.fields.get(field)!;
      const mask = 2 ** width - 1;
      const number = random.pick([random.below(32), shared, shared, 31]) & mask;
      return ((other & ~(mask << shift)) | (number << shift)) >>> 0;
    }, word);
  });
}

group('decoding a line', () => {
  it('makes the records that the instruction table says, whatever came before', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const page = decoder();
        const random = new Random(seed);
        const words = INSTRUCTIONS.flatMap((instruction) => [...family(random, instruction), random.next()]);
        const wrong: string[] = [];
        for (let from = 0; from < words.length; from += RECORDS_PER_PAGE) {
          page.clear();
          page.words.set(words.slice(from, from + RECORDS_PER_PAGE));
          for (let i = 0; i < RECORDS_PER_PAGE; i += page.decode(i));
          page.words.forEach((word, i) => {
            if (page.record(i).join() !== expected(word, i).join()) wrong.push(word.toString(16));
          });
        }
        expect(wrong).toEqual([]);
      }),
      { numRuns: 5 },
    );
  });

  it('ends behind what never goes on, at what is decoded, and at the end of the page', () => {
    const NOP = 0xd503_201f;
    const RET = 0xd65f_03c0;
    const page = decoder();
    page.words.fill(NOP);
    page.words[3] = RET;
    expect(page.decode(0)).toBe(4);
    expect(page.decode(4)).toBe(32);
    page.words[37] = 0xffff_ffff;
    expect(page.decode(36)).toBe(2);
    expect(page.decode(RECORDS_PER_PAGE - 2)).toBe(2);
    expect(page.decode(RECORDS_PER_PAGE - 4)).toBe(2);
  });
});
