// The files of a machine: archives, ranges, ACPI tables, PCI functions; above all, what is broken in them is refused.
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AcpiError, dmarOf, ioApicsOf, ivrsOf, mcfgOf } from './acpi.ts';
import { COLLECTOR_SCRIPT } from './collect.ts';
import { structure, table } from './modelled.ts';
import { PciError, pciFunctions } from './pci.ts';
import { parseRanges, RangesError } from './ranges.ts';
import { readTar, TarError, writeTar, type TarEntry } from './tar.ts';
import { openTree, treeOf } from './tree.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('tar', () => {
  const long = `sys/${'a'.repeat(90)}/${'b'.repeat(90)}`;

  test('gives back what it was made of, long paths and empty files as well', () => {
    const entries: TarEntry[] = [
      { path: 'proc/iomem', bytes: encode('x'.repeat(1000)) },
      { path: 'empty', bytes: new Uint8Array(0) },
      { path: long, bytes: Uint8Array.of(1, 2, 3) },
    ];
    expect(readTar(writeTar(entries))).toEqual(entries);
    expect(() => writeTar([{ path: 'a'.repeat(300), bytes: new Uint8Array(0) }])).toThrow(TarError);
  });

  test('reads any contents that it wrote', () => {
    const entry = fc.record({
      path: fc.stringMatching(/^[a-z]{1,40}(\/[a-z]{1,40}){0,2}$/),
      bytes: fc.uint8Array({ maxLength: 1500 }),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
        expect(readTar(writeTar(entries))).toEqual(entries);
      }),
    );
  });

  test('refuses what is no archive or was cut short, and never hangs', () => {
    const archive = writeTar([{ path: 'a', bytes: new Uint8Array(2000) }]);
    expect(() => readTar(archive.subarray(0, 1024))).toThrow('ends inside a');
    expect(() => readTar(encode('x'.repeat(2048)))).toThrow(TarError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2048 }), (bytes) => {
        try {
          readTar(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(TarError);
        }
      }),
    );
  });

  test('of the system is read: ./ in front, folders between', (context) => {
    const made = spawnSync('sh', [
      '-c',
      'd=$(mktemp -d) && mkdir -p $d/proc && echo hello > $d/proc/iomem && tar -C $d -cf - . ; rm -r $d',
    ]);
    if (made.status !== 0) return context.skip('tar is not installed');
    const tree = treeOf(readTar(new Uint8Array(made.stdout)));
    expect(tree.list('')).toEqual(['proc']);
    expect(new TextDecoder().decode(tree.read('proc/iomem'))).toBe('hello\n');
  });
});

test('the collector script is one that a shell understands', () => {
  const check = spawnSync('sh', ['-n'], { input: COLLECTOR_SCRIPT });
  expect(check.stderr.toString()).toBe('');
  expect(check.status).toBe(0);
  const usage = spawnSync('sh', ['-s'], { input: COLLECTOR_SCRIPT });
  expect([usage.status, usage.stdout.toString()]).toEqual([1, expect.stringContaining('FILE.TAR')]);
});

test('ranges nest by their blanks', () => {
  const [bus, ram] = parseRanges('00-0f : Bus\n  00-07 : Device\n    00-03 : driver\n10-1f : RAM\n', 'proc/iomem');
  expect(bus).toMatchObject({ start: 0n, end: 0x10n, children: [{ name: 'Device', children: [{ name: 'driver' }] }] });
  expect(ram).toMatchObject({ name: 'RAM', children: [] });
  expect(() => parseRanges('nonsense', 'proc/iomem')).toThrow(RangesError);
});

test('a root is an archive or a folder', () => {
  const files = {
    read: (path: string) =>
      path === 'a.tar'
        ? writeTar([{ path: 'proc/x', bytes: encode('1') }])
        : path === 'folder/proc/x'
          ? encode('2')
          : undefined,
    list: (path: string) => (path === 'folder' ? ['proc/'] : path === 'folder/proc' ? ['x'] : undefined),
  };
  expect(openTree(files, 'a.tar')!.read('proc/x')).toEqual(encode('1'));
  const folder = openTree(files, 'folder/')!;
  expect([folder.list(''), folder.read('proc/x')]).toEqual([['proc'], encode('2')]);
  expect(openTree(files, 'nothing')).toBeUndefined();
});

describe('ACPI tables', () => {
  const READERS = { APIC: ioApicsOf, MCFG: mcfgOf, DMAR: dmarOf, IVRS: ivrsOf } as const;

  test.each(Object.entries(READERS))('%s of noise is refused or read, and never hangs', (signature, read) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (noise) => {
        const bytes = table(signature, signature === 'APIC' || signature === 'MCFG' ? 8 : 12, [noise]);
        try {
          read(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(AcpiError);
        }
      }),
    );
    expect(() => read(new Uint8Array(10))).toThrow(AcpiError);
    expect(() => read(table('XXXX', 12, []))).toThrow(`the ${signature} table is not one`);
  });

  test('a device behind bridges is no scope that is understood', () => {
    const unit = structure(26, (v) => {
      v.setUint16(2, 26, true);
      v.setUint8(16, 1);
      v.setUint8(17, 10);
    });
    expect(() => dmarOf(table('DMAR', 12, [unit]))).toThrow('Unsupported DMAR Device Scope Structure');
  });
});

test('a PCI capability that the configuration space cuts off is refused', () => {
  const config = new Uint8Array(80);
  config[0x06] = 0x10; // a capability list,
  config[0x34] = 76; // which begins four bytes before the end
  config[76] = 0x11; // with MSI-X
  const path = 'sys/bus/pci/devices/0000:00:02.0/config';
  expect(() => pciFunctions(treeOf([{ path, bytes: config }]))).toThrow('is cut off');
});

test('PCI functions of noise are refused or read, and never hang', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0x40, maxLength: 0x400 }), fc.string(), (config, resource) => {
      const folder = 'sys/bus/pci/devices/0000:00:02.0';
      try {
        pciFunctions(
          treeOf([
            { path: `${folder}/config`, bytes: config },
            { path: `${folder}/resource`, bytes: encode(resource) },
          ]),
        );
      } catch (error) {
        expect(error).toBeInstanceOf(PciError);
      }
    }),
  );
  expect(() => pciFunctions(treeOf([{ path: 'sys/bus/pci/devices/usb1/config', bytes: new Uint8Array(64) }]))).toThrow(
    'is no PCI address',
  );
});
