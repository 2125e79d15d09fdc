// Structured clone over text, because the DevTools protocol carries only text: what may cross between Electron's processes, with the kinds of
// typed arrays kept. Self-contained, because its source is also run in pages. Circular values are refused.

export interface Clone {
  encode(value: unknown): string;
  decode(text: string): unknown;
}

export function makeClone(): Clone {
  type Tagged = { $: string; v?: unknown; name?: string; message?: string; stack?: string | undefined };
  const typedArrays: Record<string, new (buffer: ArrayBuffer) => ArrayBufferView> = {
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    DataView,
  };
  const kindOf = (value: object) => Object.prototype.toString.call(value).slice(8, -1);
  const toBase64 = (bytes: Uint8Array) => {
    let text = '';
    for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return btoa(text);
  };
  const fromBase64 = (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

  const pack = (value: unknown, depth: number): unknown => {
    if (depth > 200) throw new Error('An object could not be cloned.');
    const inner = (item: unknown) => pack(item, depth + 1);
    if (value === undefined) return { $: 'undefined' };
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number')
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $: 'number', v: Object.is(value, -0) ? '-0' : String(value) };
    if (typeof value === 'bigint') return { $: 'bigint', v: String(value) };
    if (typeof value !== 'object') throw new Error('An object could not be cloned.');
    const kind = kindOf(value);
    if (ArrayBuffer.isView(value))
      return { $: kind, v: toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
    if (kind === 'ArrayBuffer') return { $: kind, v: toBase64(new Uint8Array(value as ArrayBuffer)) };
    if (kind === 'Date') return { $: kind, v: (value as Date).getTime() };
    if (kind === 'Error')
      return { $: kind, name: (value as Error).name, message: (value as Error).message, stack: (value as Error).stack };
    if (kind === 'Map') return { $: kind, v: [...(value as Map<unknown, unknown>)].map((entry) => entry.map(inner)) };
    if (kind === 'Set') return { $: kind, v: [...(value as Set<unknown>)].map(inner) };
    if (Array.isArray(value)) return value.map(inner);
    return { $: 'object', v: Object.entries(value).map(([key, item]) => [key, inner(item)]) };
  };
  const unpack = (value: unknown): unknown => {
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map(unpack);
    const { $: kind, v, name, message, stack } = value as Tagged;
    if (kind === 'undefined') return undefined;
    if (kind === 'number') return v === '-0' ? -0 : Number(v);
    if (kind === 'bigint') return BigInt(v as string);
    if (kind === 'ArrayBuffer') return fromBase64(v as string).buffer;
    if (kind === 'Date') return new Date(v as number);
    if (kind === 'Error') return Object.assign(new Error(message), { name, stack });
    if (kind === 'Map') return new Map((v as unknown[][]).map((entry) => entry.map(unpack) as [unknown, unknown]));
    if (kind === 'Set') return new Set((v as unknown[]).map(unpack));
    if (kind === 'object')
      return Object.fromEntries((v as [string, unknown][]).map(([key, item]) => [key, unpack(item)]));
    return new typedArrays[kind]!(fromBase64(v as string).buffer);
  };
  return { encode: (value) => JSON.stringify(pack(value, 0)), decode: (text) => unpack(JSON.parse(text)) };
}
