import { describe, expect, it } from 'vitest';
import { isGlobal, keysText, matches } from './keys.ts';

const event = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey', boolean>> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...held,
});

describe('keys', () => {
  it('take Control on a PC and Command on a Mac', () => {
    expect(matches('Mod+K', event('k', { ctrlKey: true }), false)).toBe(true);
    expect(matches('Mod+K', event('k', { metaKey: true }), true)).toBe(true);
    expect(matches('Mod+K', event('k', { ctrlKey: true }), true)).toBe(false);
    expect(matches('Mod+K', event('k'), false)).toBe(false);
  });

  it('tell Shift apart for letters, not for symbols', () => {
    expect(matches('Mod+Shift+Z', event('Z', { ctrlKey: true, shiftKey: true }), false)).toBe(true);
    expect(matches('Mod+Z', event('Z', { ctrlKey: true, shiftKey: true }), false)).toBe(false);
    expect(matches('+', event('+', { shiftKey: true }), false)).toBe(true);
    expect(matches('M', event('m', { altKey: true }), false)).toBe(false);
  });

  it('know which fire while a person types', () => {
    expect(['Mod+K', 'F5'].every(isGlobal)).toBe(true);
    expect(['M', '+', 'Delete'].some(isGlobal)).toBe(false);
  });

  it('read as the platform shows them', () => {
    expect(keysText('Mod+Shift+Z', false)).toBe('Ctrl Shift Z');
    expect(keysText('Mod+Shift+Z', true)).toBe('⌘⇧Z');
    expect(keysText('F5', false)).toBe('F5');
    expect(keysText('+', false)).toBe('+');
  });
});
