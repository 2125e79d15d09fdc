import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEngineMemory, fillerOf, WASM_PAGE } from './memory.ts';

describe('Engine memory', () => {
  it('is filled as a typed array would be', () => {
    const memory = createEngineMemory(WASM_PAGE);
    const bytes = new Uint8Array(memory.buffer);
    const fill = fillerOf(memory);
    const expected = new Uint8Array(WASM_PAGE);
    fc.assert(
      fc.property(fc.nat(WASM_PAGE - 1), fc.nat(0xff), fc.nat(WASM_PAGE), (at, value, most) => {
        const size = Math.min(most, WASM_PAGE - at);
        fill(at, value, size);
        expected.fill(value, at, at + size);
        expect(Buffer.compare(bytes, expected)).toBe(0);
      }),
    );
  });

  it('is filled in its upper half, where addresses have 32 bits', () => {
    const memory = createEngineMemory(0x8000_0000 + WASM_PAGE);
    const bytes = new Uint8Array(memory.buffer);
    fillerOf(memory)(0x8000_0010, 0xa5, 3);
    expect([...bytes.subarray(0x8000_000f, 0x8000_0014)]).toEqual([0, 0xa5, 0xa5, 0xa5, 0]);
  });
});
