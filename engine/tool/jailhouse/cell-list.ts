// `jailhouse cell list`: the cells in sysfs as a table. Source: ABI reference, F.1.
import { sysfsNode } from '../../driver/index.ts';
import { EXIT, type Process } from '../process.ts';

const COLUMNS = [
  ['ID', 8],
  ['Name', 24],
  ['State', 18],
  ['Assigned CPUs', 24],
  ['Failed CPUs', 24],
] as const;
/** sysfs leaves behind the columns from the second on. */
const LEAVES = ['name', 'state', 'cpus_assigned_list', 'cpus_failed_list'] as const;

/** Blanks at the end are kept; what is longer than its column pushes the others. */
const row = (cells: readonly string[]): string => `${cells.map((cell, i) => cell.padEnd(COLUMNS[i]![1])).join('')}\n`;

export function cellList({ driver, out }: Process): number {
  const cells = sysfsNode(driver, 'cells');
  if (cells?.kind !== 'directory' || cells.entries.size === 0) return EXIT.OK;
  out(row(COLUMNS.map(([title]) => title)));
  // As text: "10" before "2".
  for (const id of [...cells.entries.keys()].sort()) out(row([id, ...LEAVES.map((leaf) => readLeaf(id, leaf))]));
  return EXIT.OK;

  function readLeaf(id: string, leaf: string): string {
    const node = sysfsNode(driver, `cells/${id}/${leaf}`);
    const content = node?.kind === 'file' ? node.read(driver.asking) : undefined;
    return content instanceof Uint8Array ? new TextDecoder().decode(content).replace(/\n$/, '') : '';
  }
}
