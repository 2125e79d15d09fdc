// Debian's U-Boot for QEMU's arm64 virt machine, unmodified, on the bare boards: it reaches its prompt and commands work.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SYSTEMS, systemsMissing } from './cache.ts';
import { play } from './play.ts';

const missing = systemsMissing('firmware');

/** A key stops the automatic boot; then commands, each with its answer up to the next prompt. */
const session = (...commands: string[]): string =>
  ['expect uart0 "Hit any key" 20', 'send uart0 " "', 'expect uart0 "=> $"', ...commands].join('\n');
const command = (text: string): string => `send uart0 "${text}\\n"\nexpect uart0 "\\n=> $" 20`;

describe.skipIf(missing)(`U-Boot${missing ? ` (skipped: ${missing})` : ''}`, () => {
  test('answers at its prompt, writes its environment to flash, and powers off', () => {
    const commands = ['version', 'bdinfo', 'dm tree', 'saveenv', 'md.b 0x04000004 10'];
    const { reason, said, poweredOff } = play({
      board: 'qemu-arm64',
      cpus: 2,
      system: { firmware: readFileSync(SYSTEMS.firmware) },
      script: [session(...commands.map(command)), 'send uart0 "poweroff\\n"', 'sleep 1'].join('\n'),
    });
    expect(reason).toBeUndefined();
    const text = said['uart0']!;
    expect(text).toMatch(/^U-Boot 20\d\d\.\d\d.*\n\nDRAM: {2}1 GiB$/m);
    expect(text).toMatch(/^flashstart {2}= 0x0+$/m);
    for (const device of ['pl011@9000000', 'pl031@9010000', 'flash@0', 'pcie@10000000', 'virtio_mmio@a003e00'])
      expect(text).toContain(`-- ${device}`);
    // Behind the checksum: the first variable.
    expect(text).toMatch(/Writing to Flash\.\.\. done[^]*04000004: .*arch=arm/);
    expect(poweredOff).toBe(true);
  });

  test('starts on GICv2 as well', () => {
    const { reason, said } = play({
      board: 'qemu-arm64-gicv2',
      cpus: 1,
      system: { firmware: readFileSync(SYSTEMS.firmware) },
      script: session(command('md.l 0x08000004 1')),
    });
    expect(reason).toBeUndefined();
    expect(said['uart0']).toMatch(/08000004: 00000008/);
  });
});
