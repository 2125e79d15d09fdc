// Keys as the command table writes them (`Mod+Shift+Z`, `F5`, `M`), matched against events and shown as the platform shows them.
// `Mod` is Command on a Mac, Control elsewhere. Keys without a modifier never fire while something is being typed.

export interface KeyEvent {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

interface Combination {
  key: string;
  mod: boolean;
  shift: boolean;
  alt: boolean;
}

function parse(keys: string): Combination {
  const parts = keys === '+' ? ['+'] : keys.split('+');
  return {
    key: parts.at(-1)!.toLowerCase(),
    mod: parts.includes('Mod'),
    shift: parts.includes('Shift'),
    alt: parts.includes('Alt'),
  };
}

/** True if the event is this combination. For symbols (`+`, `?`) Shift is whatever the keyboard layout needs. */
export function matches(keys: string, event: KeyEvent, mac: boolean): boolean {
  const wanted = parse(keys);
  const mod = mac ? event.metaKey : event.ctrlKey;
  const other = mac ? event.ctrlKey : event.metaKey;
  if (other || mod !== wanted.mod || event.altKey !== wanted.alt) return false;
  if (event.key.toLowerCase() !== wanted.key) return false;
  return isSymbol(wanted.key) || event.shiftKey === wanted.shift;
}

const isSymbol = (key: string): boolean => key.length === 1 && key.toLowerCase() === key.toUpperCase();

/** A combination with Mod, or a function key: fires in text fields and consoles too. */
export const isGlobal = (keys: string): boolean => parse(keys).mod || /^f\d+$/.test(parse(keys).key);

const NAMES: Record<string, string> = {
  arrowup: '↑',
  arrowdown: '↓',
  arrowleft: '←',
  arrowright: '→',
  escape: 'Esc',
  delete: 'Del',
  backspace: '⌫',
  enter: '↵',
  ' ': 'Space',
};

/** `⌘⇧Z` on a Mac, `Ctrl Shift Z` elsewhere. */
export function keysText(keys: string, mac: boolean): string {
  const { key, mod, shift, alt } = parse(keys);
  const name = NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key[0]!.toUpperCase() + key.slice(1));
  const modifiers = mac ? [mod && '⌘', alt && '⌥', shift && '⇧'] : [mod && 'Ctrl', alt && 'Alt', shift && 'Shift'];
  return [...modifiers.filter((each) => each !== false), name].join(mac ? '' : ' ');
}
