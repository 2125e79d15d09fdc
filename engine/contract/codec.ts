// Messages as bytes, for carriers that know only bytes (the browser shell's WebSocket): plain data with Uint8Array, bigint, undefined and
// non-finite numbers, both directions alike. A frame is the length of the text (4 bytes, little-endian), the text (JSON, UTF-8), and then the
// bytes of every Uint8Array one after the other; in the text stands `{ "$bytes": [offset, length] }` in its place.

/** A frame that this codec did not make. */
export class CodecError extends Error {
  override name = 'CodecError';
}

/** Deeper nesting is refused on both sides: no message of the contract comes near it, and recursion must end. */
const MAX_DEPTH = 64;
/** Guest values are 64 bits, SIMD registers 128. */
const MAX_BIGINT = (1n << 128n) - 1n;

/** A plain object whose only key begins with `$` stands for something that JSON cannot say; `$object` escapes objects that look like one. */
const NON_FINITE: Record<string, number> = { NaN: NaN, Infinity: Infinity, '-Infinity': -Infinity };

/** Throws CodecError for what cannot cross: functions, symbols, class instances, circles. */
export function encodeMessage(value: unknown): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const toJson = (item: unknown, depth: number): unknown => {
    if (depth > MAX_DEPTH) throw new CodecError('The message is nested too deeply or contains itself.');
    switch (typeof item) {
      case 'string':
      case 'boolean':
        return item;
      case 'number':
        return Number.isFinite(item) && !Object.is(item, -0)
          ? item
          : { $number: Object.is(item, -0) ? '-0' : String(item) };
      case 'bigint':
        if (item > MAX_BIGINT || item < -MAX_BIGINT)
          throw new CodecError('A bigint of more than 128 bits cannot be sent.');
        return { $bigint: String(item) };
      case 'undefined':
        return { $undefined: 0 };
      case 'object':
        break;
      default:
        throw new CodecError(`A ${typeof item} cannot be sent.`);
    }
    if (item === null) return null;
    if (item instanceof Uint8Array) {
      const offset = size;
      parts.push(item);
      size += item.length;
      return { $bytes: [offset, item.length] };
    }
    if (Array.isArray(item)) return Array.from(item, (element) => toJson(element, depth + 1));
    const prototype: unknown = Object.getPrototypeOf(item);
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
      throw new CodecError(
        `An object of class ${(item.constructor as { name?: string } | undefined)?.name ?? '?'} cannot be sent.`,
      );
    const entries = Object.entries(item);
    const plain = Object.fromEntries(
      entries.filter(([, field]) => field !== undefined).map(([key, field]) => [key, toJson(field, depth + 1)]),
    );
    return entries.some(([key]) => key.startsWith('$')) ? { $object: plain } : plain;
  };
  const text = new TextEncoder().encode(JSON.stringify(toJson(value, 0)));
  const frame = new Uint8Array(4 + text.length + size);
  new DataView(frame.buffer).setUint32(0, text.length, true);
  frame.set(text, 4);
  let at = 4 + text.length;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}

/** The inverse of encodeMessage; bytes are copied out of the frame. Throws CodecError for anything that is not a whole, well-formed frame. */
export function decodeMessage(frame: Uint8Array): unknown {
  if (frame.length < 4) throw new CodecError('The frame is shorter than its length field.');
  const textLength = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(0, true);
  if (textLength > frame.length - 4) throw new CodecError('The frame is shorter than its text.');
  const blob = frame.subarray(4 + textLength);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(frame.subarray(4, 4 + textLength)));
  } catch {
    throw new CodecError('The text of the frame is not JSON.');
  }
  const fields = (item: object, depth: number) =>
    Object.fromEntries(Object.entries(item).map(([key, field]) => [key, fromJson(field, depth + 1)]));
  const fromJson = (item: unknown, depth: number): unknown => {
    if (depth > MAX_DEPTH) throw new CodecError('The message is nested too deeply.');
    if (typeof item !== 'object' || item === null) return item;
    if (Array.isArray(item)) return item.map((element) => fromJson(element, depth + 1));
    const keys = Object.keys(item);
    if (!keys.some((key) => key.startsWith('$'))) return fields(item, depth);
    if (keys.length !== 1) throw new CodecError('The frame holds an unescaped object.');
    return special(keys[0]!, (item as Record<string, unknown>)[keys[0]!], depth);
  };
  const special = (key: string, content: unknown, depth: number): unknown => {
    if (key === '$undefined') return undefined;
    if (key === '$bigint' && typeof content === 'string' && /^-?\d{1,39}$/.test(content)) return BigInt(content);
    if (key === '$number' && content === '-0') return -0;
    if (key === '$number' && typeof content === 'string' && Object.hasOwn(NON_FINITE, content))
      return NON_FINITE[content];
    if (key === '$bytes' && Array.isArray(content) && content.length === 2) {
      const [offset, length] = content as unknown[];
      if (isCount(offset) && isCount(length) && offset + length <= blob.length)
        return blob.slice(offset, offset + length);
    }
    if (key === '$object' && typeof content === 'object' && content !== null && !Array.isArray(content))
      return fields(content, depth);
    throw new CodecError(`The frame holds a malformed ${key}.`);
  };
  return fromJson(json, 0);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
