import fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { renderFault } from './file.ts';
import { compileSource, decodeSource, encodeSource, locateField, readSource } from './reader.ts';

const numRuns = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 2000) / 2);

const compiled = (text: string, include?: (name: string) => string | null) => {
  const result = compileSource(text, include ? { include } : {});
  if (result instanceof ConfigError) throw new Error(renderFault(result));
  return result;
};
const refused = (text: string, include?: (name: string) => string | null): ConfigError => {
  const result = compileSource(text, { file: 'cell.c', ...(include && { include }) });
  if (!(result instanceof ConfigError)) throw new Error('was accepted');
  return result;
};
/** Bytes of a variable of __u8. */
const u8 = (initialiser: string, before = ''): number[] => [
  ...compiled(`${before}\nstruct { __u8 v[4]; } config = { { ${initialiser} } };`).bytes,
];

describe('errors name file, line, column, the line, and what was expected', () => {
  const body = (lines: string) =>
    `struct {\n\t__u8 v[4];\n\tstruct jailhouse_memory m[2];\n} config = {\n${lines}\n};\n`;
  it.each([
    ['no comma', body('\t.v = { 1 2 },'), 5, 11, /Expected `}` to close the array.*found `2`/],
    [
      'never closed',
      body('\t.v = { 1, 2,'),
      6,
      2,
      /Expected `}` to close the struct, or `,` and a further value; found `;`/,
    ],
    ['unknown name', body('\t.v = { JAILHOUSE_MEM_REED },'), 5, 9, /`JAILHOUSE_MEM_REED` is not defined/],
    ['unknown member', body('\t.m = { { .fisrt = 1 } },'), 5, 12, /no member `fisrt`: expected one of phys_start/],
    ['string for a number', body('\t.v = { [0] = "a" },'), 5, 15, /Expected|string/],
    ['not constant', body('\t.v = { config.v[0] },'), 5, 9, /only known at run time/],
    ['index outside', body('\t.v = { [7] = 1 },'), 5, 9, /Index 7 lies outside an array of 4/],
    ['division by zero', body('\t.v = { 1 / 0 },'), 5, 11, /Division by zero/],
    ['bad octal', body('\t.v = { 09 },'), 5, 9, /`09` is not an integer/],
    ['stray character', body('\t.v = { @ },'), 5, 9, /"@" has no meaning/],
    ['open string', body('\t.v = "abc'), 5, 7, /string is not closed/],
    ['open comment', `${body('')}/* no end`, 7, 1, /comment is never closed/],
    ['bad directive', `#defin X\n${body('')}`, 1, 2, /#defin is no directive/],
    ['#error', `#if 1\n#error "for arm64 only"\n#endif\n`, 2, 2, /#error "for arm64 only"/],
    ['no #endif', `#ifdef X\n${body('')}`, 1, 1, /never closed: expected #endif/],
    ['unknown header', `#include <stdio.h>\n`, 1, 10, /<stdio\.h> is not known here/],
    ['outside the folder', `#include "../secret.c"\n`, 1, 10, /lies outside the folder/],
    ['absolute include', `#include "/etc/passwd"\n`, 1, 10, /lies outside the folder/],
    ['missing include', `#include "other.c"\n`, 1, 10, /not in the folder/],
    ['missing argument', `#define F(a, b) a\n${body('\t.v = { F(1) },')}`, 6, 9, /F\(\) takes 2 arguments, 1 given/],
    ['two variables', `${body('')}struct { int x; } two = { 1 };`, 7, 19, /second variable/],
    ['a function', `int main(void) { return 0; }`, 1, 5, /`main` is a function/],
    ['nothing', `/* empty */\n`, 2, 1, /There is no configuration here/],
    ['incomplete type', `struct foo config = { 1 };`, 1, 12, /struct foo, which is not defined/],
  ])('%s', (_, text, line, column, message) => {
    const error = refused(text);
    expect(error.code).toBe('source');
    expect(error.message).toMatch(message);
    expect(error.location).toMatchObject({ file: 'cell.c', line, column });
    expect(error.location!.lineText).toBe(text.split('\n')[line - 1]);
  });

  it('points at the use of a macro, and at the line of an included file', () => {
    const error = refused('#define BAD 1 + nope\nstruct { __u8 v[4]; } config = {\n\t.v = { BAD },\n};');
    expect(error.location).toMatchObject({ line: 3, column: 9 });
    const inside = refused('#include "a.c"\n', () => '\n\nint x = ;');
    expect(inside.location).toMatchObject({ file: 'a.c', line: 3, column: 9, lineText: 'int x = ;' });
  });

  it('is rendered with the line and a mark under it', () => {
    expect(renderFault(refused(body('\t.v = { nope },')))).toBe(
      'cell.c:5:9: error: `nope` is not defined: expected a number, or a macro of <jailhouse/cell-config.h> or of this file.\n' +
        ' 5 | \t.v = { nope },\n' +
        '   | \t       ^~~~',
    );
  });

  it('a configuration that decodes wrongly points at the field', () => {
    const text =
      'struct { struct jailhouse_cell_desc cell; } config = {\n\t.cell = {\n\t\t.signature = "JHCLL",\n\t\t.revision = 13,\n\t},\n};';
    const error = readSource(text);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).code).toBe('revision');
    expect((error as ConfigError).location).toMatchObject({ line: 4, column: 3 });
  });
});

describe('warnings', () => {
  it.each([
    ['a shift that loses everything', '1 << 35', /Shift by 35 of the 32-bit number 1/],
    ['too many values', '1, 2, 3, 4, 5', /More values than the 4 elements/],
    ['a sum that wraps', '0x7fffffff + 1', /does not fit int/],
  ])('%s', (_, initialiser, message) => {
    const { warnings } = compiled(`struct { __u8 v[4]; } config = { { ${initialiser} } };`);
    expect(warnings.map((warning) => warning.message).join()).toMatch(message);
  });
  it('a structure that is not packed', () => {
    const { warnings } = compiled(
      'struct { struct jailhouse_cell_desc cell; __u64 cpus[1]; } config = { .cell = { .signature = "JHCLL" } };',
    );
    expect(warnings[0]!.message).toMatch(/4 bytes of padding in front of `cpus`.*packed/);
  });
  it('arrays in the wrong order, or counted wrongly', () => {
    const source = (members: string, counts: string) => {
      const result = readSource(
        `struct { struct jailhouse_cell_desc cell; __u64 cpus[1]; ${members} } __attribute__((packed)) config = {
  .cell = { .signature = "JHCLL", .revision = 14, .cpu_set_size = 8, ${counts} },
};`,
      );
      if (result instanceof ConfigError) throw result;
      return result.warnings.map(({ message }) => message);
    };
    const irqchips = 'struct jailhouse_irqchip irqchips[1];';
    const memory = 'struct jailhouse_memory mem[3];';
    expect(source(irqchips + memory, '.num_memory_regions = 3, .num_irqchips = 1')).toEqual([
      expect.stringMatching(/^`mem` \(memory regions\) stands behind `irqchips`, but it is read before it/),
    ]);
    expect(source(memory + irqchips, '.num_memory_regions = 2, .num_irqchips = 1')).toEqual([
      expect.stringMatching(/^`irqchips` begins at byte 236, but .* the irqchips begin at 204/),
    ]);
    expect(source(memory + irqchips, '.num_memory_regions = 3, .num_irqchips = 1')).toEqual([]);
    // Declared but not counted, at the end: only bytes that nobody reads.
    expect(source(memory + irqchips, '.num_memory_regions = 3')).toEqual([]);
  });
  it('a member given twice, a string cut off', () => {
    const { warnings, bytes } = compiled('struct { char a[2]; __u8 b; } config = { .a = "abc", .b = 1, .b = 2 };');
    expect(warnings.map(({ message }) => message)).toEqual([
      'The string has 3 bytes; only 2 fit and the rest is cut off.',
      'This member is given a value twice: only the last one counts.',
    ]);
    expect([...bytes]).toEqual([0x61, 0x62, 2]);
  });
});

describe('places of fields', () => {
  const text = `#define SIZE 0x1000
struct { struct jailhouse_cell_desc cell; __u64 cpus[1]; struct jailhouse_memory m[6]; } __attribute__((packed)) config = {
  .cell = { .signature = "JHCLL", .revision = 14, .num_memory_regions = 6, .cpu_set_size = 8 },
  .cpus = { 0x2 },
  .m = {
    { .phys_start = 0x10, .size = SIZE },
    JAILHOUSE_SHMEM_NET_REGIONS(0x20000, 1),
  },
};`;
  const at = (path: string) => {
    const source = readSource(text);
    if (source instanceof ConfigError) throw source;
    const place = locateField(source, path);
    return place && text.slice(place.start, place.end);
  };
  it.each([
    ['memoryRegions[0].physStart', '.phys_start = 0x10'],
    ['memoryRegions[0].size', '.size = SIZE'],
    ['memoryRegions[0].flags', '{'],
    ['memoryRegions[2].size', 'JAILHOUSE_SHMEM_NET_REGIONS(0x20000, 1)'],
    ['memoryRegions[5]', '{'],
    ['cpuSet', '0x2'],
    ['console.address', '{'],
    ['memoryRegions[9]', null],
    ['nonsense', null],
  ])('%s', (path, expected) => expect(at(path)).toBe(expected));
});

describe('the preprocessor', () => {
  it.each([
    ['object macros in chains', '#define A B\n#define B 7', 'A', 7],
    ['self reference stops', 'enum { A = 5 };\n#define A A + 1', 'A', 6],
    ['nested calls', '#define F(x) (x + 1)', 'F(F(F(1)))', 4],
    ['arguments with commas in parentheses', '#define F(x) sizeof x', 'F(((int[]){1,2}))', 8],
    ['empty arguments', '#define F(a, b) 1 a + b', 'F(, 2)', 3],
    ['stringizing', '#define S(x) #x', 'sizeof(S(a  "b" c))', 8],
    ['pasting', '#define P(a, b) a ## b', 'P(0x, 1f)', 31],
    ['variadic', '#define V(...) (0, ## __VA_ARGS__ + 0 * 0 == 3)\n#define W(f, ...) __VA_ARGS__', 'W(1, 9)', 9],
    ['a name without a call', '#define F(x) x\nenum { F = 3 };', 'F', 3],
    ['undef', '#define X 1\n#undef X\n#ifdef X\n#error\n#endif\nenum { X = 4 };', 'X', 4],
    [
      'elif chains',
      '#if 0\n#define X 1\n#elif 2 > 1 && defined(NULL)\n#define X 2\n#else\n#define X 3\n#endif',
      'X',
      2,
    ],
    ['skipped nonsense', '#if 0\n#if !@\'\n#else "\n#endif\n#endif\n#define X 1', 'X', 1],
    ['__LINE__', '', '__LINE__', 2],
    ['__COUNTER__', '', '__COUNTER__ + __COUNTER__ * 10', 10],
    ['the target', '#ifdef __aarch64__\n#define X __SIZEOF_LONG__\n#endif', 'X', 8],
  ])('%s', (_, before, expression, value) => expect(u8(expression, before)[0]).toBe(value));

  it('reads files of the folder by name, once with #pragma once', () => {
    const files: Record<string, string> = {
      'a.c': '#pragma once\n#include "b.h"\nenum { E = X };',
      'b.h': '#define X 3',
    };
    const { bytes } = compiled(
      '#include "a.c"\n#include "a.c"\nstruct { __u8 v; } config = { E };',
      (name) => files[name] ?? null,
    );
    expect([...bytes]).toEqual([3]);
  });

  it('knows the widths of the architecture', () => {
    const text = (architecture: string) =>
      `struct { char s[5]; __u8 a; __u16 r; __u64 v[2]; } __attribute__((packed)) config = { "JHCLL", ${architecture}, 14, { sizeof(long), (char)-1 < 0 } };`;
    const values = (architecture: string) =>
      [...compiled(text(architecture)).bytes].filter((_, i) => i === 8 || i === 16);
    expect(values('JAILHOUSE_X86')).toEqual([8, 1]);
    expect(values('JAILHOUSE_ARM64')).toEqual([8, 0]);
    expect(values('JAILHOUSE_ARM')).toEqual([4, 0]);
  });

  it('a file without the headers may define its own types and macros', () => {
    const { bytes } = compiled(
      'typedef unsigned char __u8; struct jailhouse_memory { __u8 a; };\n#define JAILHOUSE_MEM_READ 9\nstruct jailhouse_memory config = { JAILHOUSE_MEM_READ };',
    );
    expect([...bytes]).toEqual([9]);
  });
});

describe('nothing hangs, nothing explodes', () => {
  const many = (n: number, make: (i: number) => string) => Array.from({ length: n }, (_, i) => make(i)).join('\n');
  it.each([
    [
      'doubling macros',
      `${many(60, (i) => `#define A${i + 1} A${i} A${i}`)}\n#define A0 1 +\nint x = A60 1;`,
      /expand to more than/,
    ],
    ['doubling arguments', `#define D(x) x x\nint x = ${'D('.repeat(60)}1${')'.repeat(60)};`, /expand to more than/],
    ['deep calls', `#define F(x) x\nint x = ${'F('.repeat(400)}1${')'.repeat(400)};`, /nested more than 200/],
    ['deeper calls', `#define F(x) x\nint x = ${'F('.repeat(5000)}1${')'.repeat(5000)};`, /expand to more than/],
    ['deep parentheses', `int x = ${'('.repeat(100000)}1;`, /Nested more than 256/],
    ['deep braces', `struct { int x; } config = ${'{'.repeat(100000)};`, /Nested more than 256|Expected/],
    ['deep unary', `int x = ${'-'.repeat(1)}${'~'.repeat(100000)}1;`, /Nested more than 256/],
    ['deep conditionals', `int x = ${'1 ? '.repeat(100000)}1;`, /Nested more than 256/],
    ['deep structures', `${'struct { '.repeat(100000)}`, /Nested more than 256/],
    ['huge arrays', 'struct { __u64 v[1 << 28]; } config = { 0 };', /An array cannot have|no configuration is larger/],
    ['huge nests of arrays', 'struct { char v[4096][4096][4096]; } config = { 0 };', /no configuration is larger/],
    ['huge index', 'int config[] = { [0x7fffffff] = 1 };', /lies outside/],
    [
      'huge ranges',
      'struct { struct { int a, b; } v[1 << 20]; } config = { .v[0 ... 1048575].a = 1 };',
      /more than 500000 parts/,
    ],
  ])('%s', (_, text, message) => expect(refused(text).message).toMatch(message));

  it('files that include themselves', () => {
    expect(refused('#include "a.c"', () => '#include "a.c"').message).toMatch(/more than 60 deep/);
    const doubling = (name: string) => `#include "${name}"\n#include "${name}"\n`;
    expect(refused('#include "a.c"', doubling).message).toMatch(/more than 60 deep/);
  });

  it('files that include each other in great numbers', () => {
    // Every level includes the next one twice: 2^40 files.
    const include = (name: string) => {
      const level = Number(name);
      return level > 40 ? '' : `#include "${level + 1}"\n#include "${level + 1}"\n`;
    };
    expect(refused('#include "1"', include).message).toMatch(/More than 1000 files/);
  });

  it('a megabyte of source', () => {
    const rows = many(
      20000,
      (i) => `\t\t{ .phys_start = 0x${i.toString(16)}, .size = 0x1000, .flags = JAILHOUSE_MEM_READ },`,
    );
    const { bytes } = compiled(`struct { struct jailhouse_memory m[20000]; } config = {\n\t.m = {\n${rows}\n\t},\n};`);
    expect(bytes.length).toBe(640000);
    expect(refused(`int x = 1;${' '.repeat(5 << 20)}`).message).toMatch(/at most 4194304 are read/);
  });

  it('noise gives errors with a place, never an exception', () => {
    const corpus = join(import.meta.dirname, 'corpus');
    const texts = readdirSync(corpus).map((name) => readFileSync(join(corpus, name), 'utf8'));
    const words = [...new Set(texts.join(' ').match(/\w+|[^\w\s]/g))];
    const soup = fc.array(fc.constantFrom(...words, '\n', '\n#', ' '), { maxLength: 60 }).map((list) => list.join(' '));
    const cut = fc
      .tuple(fc.constantFrom(...texts), fc.nat(), fc.nat(), fc.string({ maxLength: 5, unit: 'binary' }))
      .map(([text, a, b, insert]) => {
        const [from, to] = [a % text.length, b % text.length].sort((x, y) => x - y) as [number, number];
        return to - from > 200
          ? text.slice(0, from) + insert + text.slice(from + 1)
          : text.slice(0, from) + insert + text.slice(to);
      });
    fc.assert(
      fc.property(fc.oneof(soup, cut, fc.string({ unit: 'binary', maxLength: 100 })), (text) => {
        const result = readSource(text, { include: () => null });
        if (result instanceof ConfigError && result.code === 'source') {
          expect(result.message).toMatch(/\.$|^#error/);
          expect(result.location).toBeDefined();
        }
      }),
      { numRuns },
    );
  });
});

describe('bytes of a file', () => {
  it('come back as they were, also those that are no UTF-8', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const withoutMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.slice(3) : bytes;
        expect(encodeSource(decodeSource(bytes))).toEqual(withoutMark);
      }),
      { numRuns },
    );
  });
  it.each([
    ['the characters that stand for bytes', [0xef, 0x9c, 0x80, 0x41]],
    ['a mark in the middle, beside noise', [0x41, 0xef, 0xbb, 0xbf, 0xff]],
  ])('also %s', (_, bytes) => {
    expect([...encodeSource(decodeSource(Uint8Array.from(bytes)))]).toEqual(bytes);
  });
  it('in a string are the bytes of the string', () => {
    const text = decodeSource(
      Uint8Array.from([...new TextEncoder().encode('char config[] = "ä'), 0xe4, ...new TextEncoder().encode('";')]),
    );
    expect([...compiled(text).bytes]).toEqual([0xc3, 0xa4, 0xe4, 0]);
  });
});
