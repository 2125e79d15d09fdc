// Tar archives, as `config collect` makes them: regular files with their paths. Source: POSIX.1-2017, pax, "ustar Interchange
// Format". Long names of the prefix field are read and written; everything that is no regular file is passed over.

const BLOCK = 512;
const FIELDS = {
  NAME: [0, 100],
  MODE: [100, 8],
  SIZE: [124, 12],
  MTIME: [136, 12],
  CHECKSUM: [148, 8],
  PREFIX: [345, 155],
} as const;
const TYPE_AT = 156;
const MAGIC_AT = 257;
const MAGIC = 'ustar\0' + '00';

export interface TarEntry {
  /** Without a leading `/` or `./`. */
  path: string;
  bytes: Uint8Array;
}

export class TarError extends Error {}

const text = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return new TextDecoder('latin1').decode(end < 0 ? bytes : bytes.subarray(0, end));
};

/** @throws TarError for what is no archive, or one that was cut short */
export function readTar(archive: Uint8Array): TarEntry[] {
  const entries: TarEntry[] = [];
  for (let at = 0; at + BLOCK <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const field = ([from, length]: readonly [number, number]): string =>
      text(header.subarray(from, from + length)).trim();
    const size = Number.parseInt(field(FIELDS.SIZE) || '0', 8);
    const sum = Number.parseInt(field(FIELDS.CHECKSUM), 8);
    if (!Number.isInteger(size) || size < 0 || sum !== checksum(header))
      throw new TarError(`no tar header at offset ${at}; give the archive that "jailhouse config collect" wrote`);
    const start = at + BLOCK;
    if (start + size > archive.length) throw new TarError(`the archive ends inside ${field(FIELDS.NAME)}`);
    const prefix = field(FIELDS.PREFIX);
    const type = String.fromCharCode(header[TYPE_AT]!);
    if (type === '0' || type === '\0')
      entries.push({
        path: plain(prefix ? `${prefix}/${field(FIELDS.NAME)}` : field(FIELDS.NAME)),
        bytes: archive.subarray(start, start + size),
      });
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return entries;
}

export function writeTar(entries: readonly TarEntry[]): Uint8Array {
  const blocks = entries.flatMap(({ path, bytes }) => {
    const padded = new Uint8Array(Math.ceil(bytes.length / BLOCK) * BLOCK);
    padded.set(bytes);
    return [headerOf(path, bytes.length), padded];
  });
  const end = new Uint8Array(2 * BLOCK);
  return concat([...blocks, end]);
}

/** Paths as they are looked up: no leading `./` or `/`, no doubled slashes. */
export const plain = (path: string): string => path.replace(/^(\.?\/)+/, '').replace(/\/+/g, '/');

/** Over all bytes of the header, the checksum's own taken as blanks. */
const checksum = (header: Uint8Array): number =>
  header.reduce((sum, byte, at) => {
    const own = at >= FIELDS.CHECKSUM[0] && at < FIELDS.CHECKSUM[0] + FIELDS.CHECKSUM[1];
    return sum + (own ? 0x20 : byte);
  }, 0);

function headerOf(path: string, size: number): Uint8Array {
  const header = new Uint8Array(BLOCK);
  const put = ([at]: readonly [number, number], value: string): void => header.set(new TextEncoder().encode(value), at);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
  const split = path.length <= FIELDS.NAME[1] ? -1 : path.indexOf('/', path.length - FIELDS.NAME[1] - 1);
  if (path.length > FIELDS.NAME[1] && (split < 0 || split > FIELDS.PREFIX[1]))
    throw new TarError(`${path} is too long a path for a tar archive`);
  put(FIELDS.NAME, path.slice(split + 1));
  if (split >= 0) put(FIELDS.PREFIX, path.slice(0, split));
  put(FIELDS.MODE, `${octal(0o444, 7)}\0`);
  put(FIELDS.SIZE, `${octal(size, 11)}\0`);
  put(FIELDS.MTIME, `${octal(0, 11)}\0`);
  header[TYPE_AT] = 0x30;
  header.set(new TextEncoder().encode(MAGIC), MAGIC_AT);
  put(FIELDS.CHECKSUM, `${octal(checksum(header), 6)}\0 `);
  return header;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
