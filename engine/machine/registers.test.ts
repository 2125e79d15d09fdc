import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REGISTER_NOTE, RegisterBlock, defineRegisters } from './registers.ts';

interface Owner {
  shared: Uint32Array;
  log: string[];
}

const MAP = defineRegisters<Owner>()('widget', 0x100, {
  CTRL: {
    offset: 0x00,
    reset: 0x11,
    fields: {
      EN: { bits: 0 },
      MODE: { bits: [6, 4] },
      DONE: { bits: 8, access: 'w1c' },
      DMA: { bits: 12, modelled: false },
    },
    written: (owner, value, previous) => owner.log.push(`${previous.toString(16)}>${value.toString(16)}`),
  },
  STATUS: { offset: 0x04, access: 'ro', read: () => 0xa5 },
  COMMAND: { offset: 0x08, access: 'wo', write: (owner, value) => owner.log.push(`command ${value.toString(16)}`) },
  SET: { offset: 0x10, count: 2, access: 'w1s', storage: (owner) => owner.shared },
  CLEAR: { offset: 0x18, count: 2, access: 'w1c', storage: (owner) => owner.shared },
  BYTES: { offset: 0x20, count: 4, narrow: 'lanes' },
  STRICT: { offset: 0x30, narrow: 'none', reset: 0x12345678 },
  WIDE: { offset: 0x40, width: 64, count: 2, stride: 8, fields: { LOW: { bits: [15, 0] }, HIGH: { bits: [39, 28] } } },
  HALF: { offset: 0x60, width: 16 },
});

function make(): { owner: Owner; block: RegisterBlock<Owner, keyof typeof MAP.byName> } {
  const owner: Owner = { shared: new Uint32Array(2), log: [] };
  return { owner, block: new RegisterBlock(MAP, owner) };
}

describe('register blocks', () => {
  it('keeps what fields take and drops reserved bits, with a note', () => {
    const { block, owner } = make();
    expect(block.read(0, 4)).toBe(0x11);
    block.write(0, 4, 0xfff);
    expect(block.read(0, 4)).toBe(0x71);
    expect(owner.log).toEqual(['11>71']);
    expect(block.notes.map((note) => [note.kind, note.register])).toEqual([[REGISTER_NOTE.RESERVED_BITS, 'CTRL']]);
  });

  it('clears write-one-to-clear bits only where ones are written', () => {
    const { block } = make();
    block.set('CTRL', 0x101);
    block.write(0, 4, 0x001);
    expect(block.get('CTRL')).toBe(0x101);
    block.write(0, 4, 0x100);
    expect(block.get('CTRL')).toBe(0x000);
  });

  it('lets a set and a clear register show one array of the owner', () => {
    const { block, owner } = make();
    block.write(0x14, 4, 0xff00);
    block.write(0x1c, 4, 0x0f00);
    expect([...owner.shared]).toEqual([0, 0xf000]);
    expect(block.read(0x14, 4)).toBe(0xf000);
    expect(block.read(0x1c, 4)).toBe(0xf000);
  });

  it('treats narrow accesses as declared', () => {
    const { block } = make();
    block.write(0x20, 4, 0x11223344);
    block.write(0x22, 1, 0xaa);
    expect(block.read(0x20, 4)).toBe(0x11aa3344);
    block.write(0x20, 2, 0xbbcc);
    expect(block.read(0x20, 4)).toBe(0x11aabbcc);
    expect(block.read(0x23, 1)).toBe(0x11);
    // zero: the missing bytes are zeros
    block.write(0x60, 4, 0x1234);
    block.write(0x60, 1, 0xff);
    expect(block.read(0x60, 4)).toBe(0x00ff);
    // none: ignored and noted
    block.write(0x30, 1, 0);
    expect(block.read(0x30, 4)).toBe(0x12345678);
    expect(block.read(0x30, 2)).toBe(0);
    expect(block.notes.at(-1)).toMatchObject({ kind: REGISTER_NOTE.ACCESS_SIZE, register: 'STRICT', count: 2 });
  });

  it('splits 64-bit registers into halves with their own reserved bits', () => {
    const { block } = make();
    block.write(0x48, 4, 0xffffffff);
    block.write(0x4c, 4, 0xffffffff);
    expect(block.read(0x48, 4)).toBe(0xf000ffff);
    expect(block.read(0x4c, 4)).toBe(0x000000ff);
    const view = block.view().find((register) => register.name === 'WIDE<1>')!;
    expect(view.fields).toEqual([
      { name: 'LOW', high: 15, low: 0, value: 0xffff },
      { name: 'HIGH', high: 39, low: 28, value: 0xfff },
    ]);
  });

  it('answers reads of nothing with zero, once aloud and always counted', () => {
    const { block } = make();
    const heard: string[] = [];
    block.onNote = (note) => heard.push(note.text);
    expect(block.read(0x80, 4)).toBe(0);
    expect(block.read(0x80, 1)).toBe(0);
    block.write(0x04, 4, 1);
    expect(block.read(0x08, 4)).toBe(0);
    block.write(0, 4, 0x1000);
    expect(heard).toEqual([
      'widget offset 0x80: there is no register here: reads zero, ignores writes',
      'widget STATUS (offset 0x4): write to a read-only register ignored',
      'widget COMMAND (offset 0x8): read of a write-only register gives zero',
      'widget CTRL (offset 0x0): the written field is stored but nothing acts on it',
    ]);
    expect(block.notes.map((note) => note.count)).toEqual([2, 1, 1, 1]);
  });

  it('refuses declarations that contradict themselves', () => {
    const define = defineRegisters<null>();
    expect(() => define('x', 16, { A: { offset: 0, count: 2 }, B: { offset: 4 } })).toThrow('x: B overlaps A');
    expect(() => define('x', 16, { A: { offset: 16 } })).toThrow('x: A lies outside the block');
    expect(() => define('x', 16, { A: { offset: 2 } })).toThrow('A: registers sit on word boundaries');
    expect(() => define('x', 16, { A: { offset: 0, fields: { F: { bits: [3, 0] }, G: { bits: 3 } } } })).toThrow(
      'A: fields overlap',
    );
    expect(() => define('x', 16, { A: { offset: 0, width: 8, fields: { F: { bits: 8 } } } })).toThrow(
      'do not fit 8 bits',
    );
  });

  it('goes on after save and restore exactly where it was', () => {
    const access = fc.record({
      offset: fc.integer({ min: 0, max: 0x3f }).map((word) => word * 4),
      value: fc.integer({ min: 0, max: 0xffffffff }),
    });
    fc.assert(
      fc.property(fc.array(access, { maxLength: 30 }), fc.array(access, { maxLength: 10 }), (before, after) => {
        const one = make();
        const other = make();
        for (const { offset, value } of before) one.block.write(offset, 4, value);
        other.block.restore(one.block.save());
        other.owner.shared.set(one.owner.shared);
        for (const { offset, value } of after) {
          one.block.write(offset, 4, value);
          other.block.write(offset, 4, value);
          expect(other.block.read(offset, 4)).toBe(one.block.read(offset, 4));
        }
      }),
    );
    expect(() => make().block.restore(new Uint32Array(3))).toThrow('saved state has 3 words');
  });
});
