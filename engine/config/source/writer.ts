// Model to C source: what an engineer would write by hand and commit. Symbolic flags, hex addresses, a comment for each region.
// The law: read back, the source gives exactly the model (and the trailing bytes) that it was written from.
import { architectureOf, cellName, cellOf } from '../codec.ts';
import type { Config } from '../model.ts';
import { CUSTOMARY_NAMES, arrayPart, commentText, headPart, memberList, rawPart } from './parts.ts';
import { render } from './text.ts';

/** Writes a whole source file for a configuration. */
export function writeSource(config: Config, trailing: Uint8Array = new Uint8Array()): string {
  const cell = cellOf(config);
  const isSystem = config.kind === 'system';
  const consoles = isSystem ? [config.system.debugConsole] : [];
  const members = memberList(cell, trailing, CUSTOMARY_NAMES);
  const architecture = isSystem ? config.system.architecture : cell.architecture;
  const what = isSystem ? 'System configuration' : 'Cell configuration';
  const parts = [headPart(config, isSystem ? 'header' : 'cell', members)];
  for (const { key, c, raw } of members) parts.push(raw ? rawPart(c, raw) : arrayPart(cell, key!, c, consoles));
  return [
    `/*\n * ${what} of "${commentText(cellName(cell))}" (${architectureOf(architecture)})\n */`,
    '#include <jailhouse/types.h>',
    '#include <jailhouse/cell-config.h>',
    '',
    'struct {',
    isSystem ? '\tstruct jailhouse_system header;' : '\tstruct jailhouse_cell_desc cell;',
    ...members.map(({ declaration }) => `\t${declaration}`),
    '} __attribute__((packed)) config = {',
    parts.map((part, i) => (i > 0 ? '\n' : '') + render(part, 1)).join('\n'),
    '};',
    '',
  ].join('\n');
}
