// What a file that someone adds is: by its first bytes and its ending.
import type { FileKind } from '../../engine/contract/index.ts';
import { decodeSource, kindOf } from '../../engine/config/index.ts';

/** Kind, and the text if it is a text file. */
export function fileKindOf(name: string, bytes: Uint8Array): { kind: FileKind; text: string | undefined } {
  const config = kindOf(bytes);
  if (config !== undefined) return { kind: config, text: undefined };
  if (bytes.includes(0)) return { kind: 'image', text: undefined };
  if (/\.c$/i.test(name)) {
    const text = decodeSource(bytes);
    return { kind: /\bstruct\s+jailhouse_system\b/.test(text) ? 'system' : 'cell', text };
  }
  if (/\.(script|sh|txt|jh)$/i.test(name)) return { kind: 'script', text: decodeSource(bytes) };
  if (/\.(h|dts|dtsi|md)$/i.test(name)) return { kind: 'other', text: decodeSource(bytes) };
  return { kind: 'image', text: undefined };
}
