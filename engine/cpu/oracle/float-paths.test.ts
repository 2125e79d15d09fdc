// Host arithmetic and the floating-point services are two ways to one result: with FPSR.IXC set the former is taken where
// it can be, without it the latter.
import { describe, expect, it } from 'vitest';
import { meaningOf } from '../aarch64/meaning/index.ts';
import { cpuModel } from '../aarch64/system/models.ts';
import { usesFp } from '../aarch64/table/instruction.ts';
import { FPSR } from '../float/format.ts';
import { HANDLER_COUNT, partsOf } from '../interpreter/handlers.ts';
import { runOnEngine } from './engine.ts';
import { Generator } from './generator.ts';
import { BACKING_PAGES, buildImage, PAGE, RECORD } from './image.ts';

const BLOCKS = 800;
const LENGTH = 3;

describe('floating point', () => {
  it('gives the same bits and exceptions by host arithmetic as by the services', () => {
    const generator = new Generator(7, cpuModel('cortex-a57'), /^(F(?!MOV)|[SU]CVTF)/);
    const pattern = generator.pattern(BACKING_PAGES * PAGE);
    const blocks = Array.from({ length: BLOCKS }, () => generator.block(LENGTH));
    const run = (fpsr: number): DataView => {
      const states = blocks.map((block) => ({ ...block, state: { ...block.state, fpsr, fpcr: 0 } }));
      const results = runOnEngine(buildImage(states, pattern).bytes, BLOCKS * RECORD.size, 'cortex-a57');
      // What remains of FPSR must differ in nothing but the bit that was set.
      const view = new DataView(results.buffer, results.byteOffset, results.length);
      for (let block = 0; block < BLOCKS; block++) {
        const at = block * RECORD.size + RECORD.fpsr;
        view.setUint32(at, view.getUint32(at, true) | FPSR.IXC, true);
      }
      return view;
    };
    const host = run(FPSR.IXC);
    const services = run(0);
    const different = blocks.flatMap(({ words }, block) => {
      const part = (view: DataView) => new Uint8Array(view.buffer, view.byteOffset + block * RECORD.size, RECORD.size);
      return Buffer.compare(part(host), part(services)) === 0 ? [] : [words.map((word) => word.toString(16)).join(' ')];
    });
    expect(different).toEqual([]);
  });

  it('has a meaning for every form of every instruction', () => {
    const without = Array.from({ length: HANDLER_COUNT }, (_, handler) => partsOf(handler) ?? [])
      .flat()
      .filter(({ instruction, statics }) => usesFp(instruction) && !meaningOf(instruction.name, statics))
      .map(({ instruction }) => instruction.name);
    expect(without).toEqual([]);
  });
});
