// Initialisers as text: nested parts, laid out with tabs and with long rows of flags folded, as the field writes them.

/** An initialiser before it is laid out: text of a scalar, or braces with parts. */
export type Part = Line | Braces;
export interface Line {
  /** In front of `=`; empty for positional parts. */
  designator: string;
  value: string;
  /** In front of braces, or on the line above a value. */
  comment?: string;
  /** An empty line in front. */
  gap?: boolean;
}
export interface Braces extends Omit<Line, 'value'> {
  parts: Part[];
}

/** Columns up to which flags share a line, with tabs of eight. */
const LINE_WIDTH = 80;

/** A part with its comma, indented by `depth` tabs. */
export function render(part: Part, depth: number): string {
  const tabs = '\t'.repeat(depth);
  const gap = part.gap ? '\n' : '';
  const designator = part.designator === '' ? '' : `${part.designator} = `;
  if ('value' in part) {
    const above = part.comment ? `${tabs}/* ${part.comment} */\n` : '';
    return `${gap}${above}${tabs}${folded(designator, part.value, depth)},`;
  }
  const ownLine = designator !== '' && part.comment ? `${tabs}/* ${part.comment} */\n` : '';
  const comment = designator === '' && part.comment ? `/* ${part.comment} */ ` : '';
  const inside = part.parts.map((inner) => render(inner, depth + 1)).join('\n');
  return `${gap}${ownLine}${tabs}${comment}${designator}{\n${inside}${inside && '\n'}${tabs}},`;
}

/** Breaks a long row of flags behind its operators, aligned under the first flag. */
export function folded(designator: string, value: string, depth: number): string {
  const start = depth * 8 + designator.length;
  if (start + value.length + 1 <= LINE_WIDTH || !value.includes(' | ')) return designator + value;
  const lines: string[] = [];
  for (const flag of value.split(' | ')) {
    const last = lines[lines.length - 1];
    if (last !== undefined && start + last.length + 3 + flag.length + 2 <= LINE_WIDTH)
      lines[lines.length - 1] = `${last} | ${flag}`;
    else lines.push(flag);
  }
  const indent = '\t'.repeat(depth) + '\t'.repeat(designator.length >> 3) + ' '.repeat(designator.length & 7);
  return designator + lines.join(` |\n${indent}`);
}
