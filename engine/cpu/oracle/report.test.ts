// What a report says about a difference, without QEMU.
import { describe, expect, it } from 'vitest';
import { cpuModel } from '../aarch64/system/models.ts';
import { differences, fieldsOf } from './compare.ts';
import { Generator } from './generator.ts';
import { MEMORY, RECORD } from './image.ts';
import { LAYOUT } from './layout.ts';
import { memoryDifferences, report } from './report.ts';

describe('the report of a difference', () => {
  const blocks = [new Generator(1, cpuModel('cortex-a57')).block(4)];
  const record = new Uint8Array(RECORD.size);
  const other = record.slice();
  other[RECORD.x + 8 * 7] = 5;
  other[RECORD.v + 16 * 3 + 15] = 0x80;
  other[RECORD.logged] = 1;
  other[RECORD.log] = 0x21;
  const [difference] = differences(record, other, 1);
  const common = { cpu: 'cortex-a57', seed: 9, blocks, entries: [LAYOUT.code], inImage: difference! };
  const fields = { ourFields: fieldsOf(record, 0), theirFields: fieldsOf(other, 0) };

  it('names the parts that differ, with both values', () => {
    const text = report({ ...common, ...fields, difference, memory: [] });
    expect(text).toContain('differs: exceptions, registers, vectors\n');
    expect(text).toContain('  logged: 0x0, 0x1\n  esr[0]: -, 0x21\n');
    expect(text).toContain('  x7: 0x0, 0x5\n');
    expect(text).toContain(`  v3: 0x0, 0x80${'0'.repeat(30)}\n`);
    expect(text).not.toContain('does not repeat');
  });

  it('says where memory differs, the results apart', () => {
    const [ours, theirs] = [new Uint8Array(MEMORY.bytes), new Uint8Array(MEMORY.bytes)];
    theirs[LAYOUT.spaces + 9 - MEMORY.from] = 1;
    theirs[LAYOUT.backing - 8 - MEMORY.from] = 2;
    theirs[LAYOUT.results - MEMORY.from] = 3;
    const memory = memoryDifferences(ours, theirs);
    expect(memory).toEqual([
      { address: LAYOUT.spaces + 8, area: 'tables of random address spaces', ours: 0n, theirs: 0x100n },
      { address: LAYOUT.backing - 8, area: 'memory around the window', ours: 0n, theirs: 2n },
    ]);
    const text = report({ ...common, ...fields, difference: undefined, memory });
    expect(text).toContain('memory: tables of random address spaces, memory: memory around the window\n');
    expect(text).toContain('  0x4140fff8: 0x0, 0x2\n');
    expect(text).toContain('does not repeat outside');
  });
});
