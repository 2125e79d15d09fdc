import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodecError, decodeMessage, encodeMessage } from './codec.ts';
import { engineMessage } from './engine.ts';
import { socketMessage, socketRequest } from './socket.ts';

const leaf = fc.oneof(
  fc.string(),
  fc.boolean(),
  fc.double(),
  fc.integer(),
  fc.bigInt({ min: -(1n << 64n), max: 1n << 64n }),
  fc.constant(null),
  fc.uint8Array(),
);
const key = fc.oneof(
  fc.string(),
  fc.constantFrom('$', '$bytes', '$object', '$bigint', '__proto__', 'constructor', 'type'),
);
const { message } = fc.letrec((tie) => ({
  message: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(fc.oneof(tie('message'), fc.constant(undefined)), { maxLength: 5 }),
    fc.dictionary(key, tie('message'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

describe('frames', () => {
  test('what is encoded is decoded unchanged', () => {
    fc.assert(
      fc.property(message, (value) => {
        // node's comparison: vitest's takes a `constructor` key for a class
        deepStrictEqual(decodeMessage(encodeMessage(value)), value);
      }),
      { numRuns: 2000 },
    );
  });

  test('bytes are copied, also from a view into a larger buffer', () => {
    const backing = Uint8Array.from([9, 1, 2, 3, 9]);
    const frame = encodeMessage({ bytes: backing.subarray(1, 4) });
    const decoded = decodeMessage(frame) as { bytes: Uint8Array };
    frame.fill(0);
    backing.fill(0);
    expect(decoded.bytes).toStrictEqual(Uint8Array.from([1, 2, 3]));
    expect(Object.getPrototypeOf(decodeMessage(encodeMessage(Buffer.from('x'))))).toBe(Uint8Array.prototype);
  });

  test('a __proto__ key stays data', () => {
    const decoded = decodeMessage(encodeMessage(JSON.parse('{"__proto__": {"admin": true}}'))) as object;
    expect('admin' in decoded).toBe(false);
    expect(Object.keys(decoded)).toEqual(['__proto__']);
  });

  test.each([
    ['a function', () => 0],
    ['a Map', new Map()],
    ['a Date', new Date(0)],
    ['a 200-bit integer', 1n << 200n],
  ])('%s is refused', (_name, value) => {
    expect(() => encodeMessage({ value })).toThrow(CodecError);
  });

  test('a circle is refused', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => encodeMessage(circle)).toThrow(CodecError);
  });

  test('noise and damaged frames give CodecError or a value, never anything else', () => {
    const survives = (bytes: Uint8Array) => {
      try {
        const value = decodeMessage(bytes);
        socketRequest.safeParse(value);
        socketMessage.safeParse(value);
        engineMessage.safeParse(value);
      } catch (error) {
        expect(error).toBeInstanceOf(CodecError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), survives), { numRuns: 2000 });
    fc.assert(
      fc.property(message, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(), (value, at, byte, cut) => {
        const frame = encodeMessage(value);
        frame[at % frame.length] = byte;
        survives(frame);
        survives(frame.subarray(0, cut % (frame.length + 1)));
      }),
      { numRuns: 3000 },
    );
    const deep = new TextEncoder().encode('['.repeat(100_000) + ']'.repeat(100_000));
    const frame = new Uint8Array(4 + deep.length);
    new DataView(frame.buffer).setUint32(0, deep.length, true);
    frame.set(deep, 4);
    survives(frame);
  });
});
