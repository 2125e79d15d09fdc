// Console output as lines with the guest time of their first byte, and the form in which lines of two runs are compared.

export interface ConsoleLine {
  readonly text: string;
  /** `text` without what differs between two runs that did the same: see normalise(). */
  readonly normal: string;
  readonly guestNs: number;
}

/** What is masked before lines are compared: times that a guest prints. */
const MASKS: readonly { name: string; pattern: RegExp; by: string }[] = [
  { name: 'kernel time stamp', pattern: /^\[ *\d+\.\d{6}\] /, by: '' },
  { name: 'escape sequence', pattern: /\x1b\[[0-9;?]*[A-Za-z]/g, by: '' },
  { name: 'nanoseconds', pattern: /\b\d+ ns\b/g, by: '… ns' },
];

export const normalise = (text: string): string =>
  MASKS.reduce((line, { pattern, by }) => line.replace(pattern, by), text).trimEnd();

/** @param chunks in order; a line may span several */
export function consoleLines(chunks: readonly { guestNs: number; bytes: Uint8Array }[]): ConsoleLine[] {
  const lines: ConsoleLine[] = [];
  let open: { bytes: number[]; guestNs: number } | undefined;
  const close = (): void => {
    if (!open) return;
    const text = new TextDecoder().decode(Uint8Array.from(open.bytes)).replace(/\r+$/, '');
    lines.push({ text, normal: normalise(text), guestNs: open.guestNs });
    open = undefined;
  };
  for (const { guestNs, bytes } of chunks) {
    for (const byte of bytes) {
      open ??= { bytes: [], guestNs };
      if (byte === 0x0a) close();
      else open.bytes.push(byte);
    }
  }
  close();
  return lines;
}
