import { describe, expect, it } from 'vitest';
import { cellActions, createLine, loadLine, shellWord } from './cellActions.ts';

describe('buttons of a cell', () => {
  it('fit its state and never touch the root', () => {
    expect(cellActions({ id: 0, state: 'running' })).toEqual([]);
    expect(cellActions({ id: 2, state: 'running/locked' }).map((action) => action.line)).toEqual([
      'jailhouse cell shutdown 2',
      'jailhouse cell destroy 2',
    ]);
    for (const state of ['shut down', 'failed', 'Comm ABI mismatch'])
      expect(cellActions({ id: 1, state })[0]!.name).toBe('start');
  });

  it('write commands that a shell reads back as meant', () => {
    expect(createLine('cells/a b.c')).toBe('jailhouse cell create "cells/a b.c"');
    expect(shellWord('a"$b')).toBe('"a\\"\\$b"');
    expect(
      loadLine(1, [
        { path: 'inmates/greeter.bin', address: '' },
        { path: 'x.dtb', address: '0x1000' },
      ]),
    ).toBe('jailhouse cell load 1 inmates/greeter.bin x.dtb -a 0x1000');
    expect(loadLine(2, [{ path: 'a.bin', address: '' }], 'name=you pause-ms=500')).toBe(
      'jailhouse cell load 2 a.bin -s "name=you pause-ms=500" -a 0x1000',
    );
  });
});
