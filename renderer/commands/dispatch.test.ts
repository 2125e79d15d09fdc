import { describe, expect, it } from 'vitest';
import { isWindowKey } from './dispatch.ts';

const key = (name: string, held: Partial<KeyboardEvent> = {}) =>
  ({ key: name, ctrlKey: true, metaKey: false, shiftKey: false, altKey: false, ...held }) as KeyboardEvent;

describe('keys while a console has the focus', () => {
  it('leave Control with a letter to whatever reads them', () => {
    for (const letter of 'abcdefghijklmnopqrstuvwxyz') expect(isWindowKey(key(letter), 'guest')).toBe(false);
    expect(isWindowKey(key('e'), 'shell')).toBe(false);
    expect(isWindowKey(key('k'), 'shell')).toBe(true);
    expect(isWindowKey(key('e'), 'output')).toBe(true);
  });

  it('are the window’s where a terminal has no use for them', () => {
    expect(isWindowKey(key('F6', { ctrlKey: false }), 'guest')).toBe(true);
    expect(isWindowKey(key('F1', { ctrlKey: false }), 'guest')).toBe(true);
    expect(isWindowKey(key('3'), 'guest')).toBe(true);
    expect(isWindowKey(key('x', { ctrlKey: false }), 'guest')).toBe(false);
  });
});
