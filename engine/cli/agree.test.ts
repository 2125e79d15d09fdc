// The lock step finds what it is for: the translator is broken from outside for one instruction of a guest, and the first
// difference is that instruction, with its address, its text and what it wrote on either tier.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Assembler, encode } from '../cpu/testing/assembler.ts';
import type { GuestInstruction } from '../cpu/region/blocks.ts';
import { RegionOperations } from '../cpu/region/operations.ts';
import { describeDivergence, runInLockStep } from '../debug/lock-step.ts';
import type { Divergence } from '../debug/lock-step.ts';
import { BoardLibrary } from '../service/library.ts';
import type { RunSetup } from '../service/run.ts';
import { guestNs } from '../util/units.ts';
import { agreeCommand, steppedRun } from './agree.ts';

const library = new BoardLibrary(join(import.meta.dirname, '../../boards'));
const board = library.loadWithCpus('qemu-arm64', 2);
const files = library.files(board);

/** Where a raw kernel lies on the board. */
const BASE = 0x4008_0000;
const ROUNDS = 20_000;
const MARK = 0x123;

/** A function of four instructions in a loop; where its instructions are, by name. */
function program(): { kernel: Uint8Array; add: number; store: number } {
  const a = new Assembler(BASE);
  a.mov(0, ROUNDS);
  a.mov(2, BASE + 0x1000);
  a.mov(4, 0);
  a.label('loop');
  a.bl('function');
  a.sub(0, 0, 1);
  a.cbnz(0, 'loop');
  // SYSTEM_OFF
  a.mov(0, 0x8400_0008);
  a.word(0xd400_0002);
  a.label('end');
  a.b('end');
  a.label('function');
  a.add(5, 0, 7);
  const add = a.address;
  a.add(4, 4, MARK);
  const store = a.address;
  a.emit('STR Xt (unsigned offset)', { Rt: 5, Rn: 2, imm12: 2 });
  a.emit('RET', { Rn: 30 });
  return { kernel: new Uint8Array(Uint32Array.from(a.finish()).buffer), add, store };
}

const { kernel, add, store } = program();
const setup: RunSetup = {
  ...{ board, files, script: null, prompt: false },
  system: { kernel },
  jit: { threshold: 200, patience: 2 },
};

const agree = (of: RunSetup) => runInLockStep((tier) => steppedRun(of, tier), guestNs(1e9));

/** Has the translator take one instruction for another. */
function misread(change: (instruction: GuestInstruction) => GuestInstruction): void {
  const take = RegionOperations.prototype.take;
  vi.spyOn(RegionOperations.prototype, 'take').mockImplementation(function (
    this: RegionOperations,
    instruction,
    branches,
  ) {
    take.call(this, change(instruction), branches);
  });
}

function found(): Divergence {
  const { divergence } = agree(setup);
  expect(divergence).toBeDefined();
  return divergence!;
}

afterEach(() => vi.restoreAllMocks());

describe('in lock step', { timeout: 180_000 }, () => {
  it('tiers that do the same agree to the end', () => {
    const { divergence, instructions, slices } = agree(setup);
    expect(divergence).toBeUndefined();
    expect(instructions).toBeGreaterThan(ROUNDS * 7);
    expect(slices).toBeGreaterThan(5);
  });

  it('a wrong sum is found where it is made', () => {
    misread((instruction) =>
      instruction.form.instruction.name === 'ADD (immediate)' && instruction.fields['imm12'] === MARK
        ? { ...instruction, fields: { ...instruction.fields, imm12: MARK + 1 } }
        : instruction,
    );
    const { at, state } = found();
    expect(at!.cpu).toBe(0);
    const suspect = at!.instructions.find((one) => one.suspect)!;
    expect(suspect.pc).toBe(BigInt(add));
    expect(suspect.instruction).toEqual({
      word: encode('ADD (immediate)', { sf: 1, Rd: 4, Rn: 4, imm12: MARK }),
      text: 'add x4, x4, #0x123',
    });
    expect(at!.instructions.length).toBeLessThan(12);
    const [x4, ...others] = state;
    expect(others).toEqual([]);
    expect(x4!.what).toBe('CPU 0 X4');
    expect(BigInt(x4!.translated) - BigInt(x4!.interpreted)).toBe(1n);
    expect(BigInt(x4!.interpreted) % BigInt(MARK)).toBe(0n);
    const text = describeDivergence({ from: 0, to: 20_000, at, state });
    expect(text).toMatch(/^First difference: CPU 0, in \d+ instructions that end differently/m);
    expect(text).toContain(`differs in the end (>): 0x${add.toString(16).padStart(16, '0')}: add x4, x4, #0x123\n`);
    expect(text).toMatch(/^ {2}> 0x\w+ {2}91048c84 {2}add x4, x4, #0x123$/m);
  });

  it('a store to the wrong place is found in memory', () => {
    misread((instruction) =>
      instruction.form.instruction.name === 'STR Xt (unsigned offset)'
        ? { ...instruction, fields: { ...instruction.fields, imm12: 3 } }
        : instruction,
    );
    const { at, state } = found();
    expect(at!.instructions.find((one) => one.suspect)!.pc).toBe(BigInt(store));
    expect(state.map(({ what }) => what)).toEqual(['memory 0x40081010', 'memory 0x40081018']);
    expect(state[1]).toMatchObject({ interpreted: '0x0000000000000000' });
  });
});

it('as a command it says so, and what it was given', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cellblock-agree-'));
  try {
    const path = join(folder, 'kernel.bin');
    writeFileSync(path, kernel);
    const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    expect(await agreeCommand(['qemu-arm64', '--cpus', '1', '--kernel', path, '--seconds', '1'])).toBe(0);
    expect(print.mock.calls.join('')).toMatch(
      /^Both tiers agree: 0\.0\d+ s of guest time, 1\d{5} instructions, compared \d+ times\.\n$/,
    );
    await expect(agreeCommand([])).rejects.toThrow(/it takes a board/);
    await expect(agreeCommand(['qemu-arm64', '--seconds', 'x'])).rejects.toThrow(/--seconds/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
