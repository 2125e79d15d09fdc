import { describe, expect, it } from 'vitest';
import { CfiFlash } from './cfi-flash.ts';

const MiB = 1 << 20;

function make(size = MiB) {
  const modes: boolean[] = [];
  const flash = new CfiFlash({ name: 'flash0', size, onReadMode: (array) => modes.push(array) });
  return {
    flash,
    modes,
    read: (offset: number, size: 1 | 2 | 4 = 4) => flash.read(offset, size),
    write: (offset: number, value: number) => flash.write(offset, 4, value),
  };
}

describe('CFI flash', () => {
  it('says when its reads stop and start giving the array', () => {
    const { modes, read, write } = make();
    write(0, 0x900090);
    write(0, 0x700070);
    write(0, 0xff00ff);
    write(0, 0xff00ff);
    expect(modes).toEqual([false, true]);
    expect(read(0)).toBe(0);
  });

  it('describes its size', () => {
    for (const size of [MiB, 64 * MiB]) {
      const { read, write } = make(size);
      write(0, 0x98);
      const bytes = Array.from({ length: 0x30 }, (_, n) => read((0x10 + n) * 4, 1));
      expect(String.fromCharCode(...bytes.slice(0, 3))).toBe('QRY');
      expect(2 * 2 ** bytes[0x17]!).toBe(size);
      const blocks = bytes[0x1d]! + bytes[0x1e]! * 256 + 1;
      const blockSize = (bytes[0x1f]! + bytes[0x20]! * 256) * 256;
      expect(2 * blocks * blockSize).toBe(size);
    }
  });

  it('refuses a buffered program that is larger than its buffer, and one that is not confirmed', () => {
    const { read, write } = make();
    write(0, 0xe800e8);
    write(0, 0x4000400);
    write(0, 0xff00ff);
    expect(read(0)).toBe(0);
    write(0, 0xe800e8);
    write(0, 0);
    write(0, 0x12345678);
    write(0, 0x00);
    expect(read(0)).toBe(0);
  });

  it('goes on after save and restore in the middle of a command', () => {
    const one = make();
    one.write(0, 0xe800e8);
    one.write(0, 0x10001);
    one.write(0x100, 0xaaaaaaaa);
    const other = make();
    other.flash.restore(structuredClone(one.flash.save()));
    for (const bank of [one, other]) {
      bank.write(0x104, 0xbbbbbbbb);
      bank.write(0, 0xd000d0);
      bank.write(0, 0xff00ff);
      expect([bank.read(0x100), bank.read(0x104)]).toEqual([0xaaaaaaaa, 0xbbbbbbbb]);
    }
  });

  it('comes in powers of two', () => {
    expect(() => make(3 * MiB)).toThrow('flash0: a flash bank is a power of two of at least 256 KiB');
  });
});
