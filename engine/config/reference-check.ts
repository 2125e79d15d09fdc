// `jailhouse config check` as the reference's own tool does it: the same five checks, the same text, the same exit codes, and
// its quirks where asked for. Source: ABI reference, F.3, K.11. Our own rules are in rules/.
import { architectureOf, cellName, decode, iommuUnitsOf, mmconfigWindow } from './codec.ts';
import { ConfigError } from './errors.ts';
import { IOMMU_TYPE, type CellConfig, type MemoryRegion, type SystemConfig } from './model.ts';
import { isCommRegion, overlaps, physRange, virtRange } from './region.ts';
import { MEM_FLAG_SYMBOLS, flagNames } from './symbols.ts';

/** A file as the command line names it; no bytes: it cannot be opened. */
export interface ReferenceFile {
  path: string;
  bytes: Uint8Array | null;
}

export interface ReferenceOutput {
  stdout: string;
  stderr: string;
  exitCode: number;
}

export interface ReferenceQuirks {
  /** Comm regions are compared by their physical address 0. */
  commRegionsHaveAddress: boolean;
  /** A finding of the second check also counts for the third. */
  foundLeaks: boolean;
}
const MIMIC: ReferenceQuirks = { commRegionsHaveAddress: true, foundLeaks: true };

const USAGE = 'usage: jailhouse-config-check [-h] SYSCONFIG [CELLCONFIG [CELLCONFIG ...]]\n';

/** Runs the reference's check over files. Never throws. */
export function referenceCheck(
  system: ReferenceFile,
  cells: readonly ReferenceFile[],
  quirks: ReferenceQuirks = MIMIC,
): ReferenceOutput {
  const closed = [system, ...cells].findIndex(({ bytes }) => bytes === null);
  if (closed >= 0) {
    const { path } = [system, ...cells][closed]!;
    const argument = closed === 0 ? 'SYSCONFIG' : 'CELLCONFIG';
    const reason = `can't open '${path}': [Errno 2] No such file or directory: '${path}'`;
    return {
      stdout: '',
      stderr: `${USAGE}jailhouse-config-check: error: argument ${argument}: ${reason}\n`,
      exitCode: 2,
    };
  }
  let stdout = 'Reading configuration set:\n';
  const failed = (stderr: string): ReferenceOutput => ({ stdout, stderr: `${stderr}\n`, exitCode: 1 });

  const root = decode(system.bytes!, 'system');
  if (root instanceof ConfigError) return failed(`${refusal(root, 'root cell')}: ${system.path}`);
  if (root.config.kind !== 'system') return failed(`Not a root cell configuration: ${system.path}`);
  const config = root.config.system;
  const unknown = unknownHardware(config);
  if (unknown) return failed(`${unknown}: ${system.path}`);
  const architecture = architectureOf(config.architecture)!;
  stdout += `  Architecture:  ${architecture}\n  Root cell:     ${cellName(config.rootCell)} (${system.path})\n`;

  const all: CellConfig[] = [config.rootCell];
  for (const { path, bytes } of cells) {
    const decoded = decode(bytes!, 'cell');
    if (decoded instanceof ConfigError) return failed(`${refusal(decoded, 'cell')}: ${path}`);
    if (decoded.config.kind !== 'cell') return failed(`Not a cell configuration: ${path}`);
    const { cell } = decoded.config;
    if (cell.architecture !== config.architecture)
      return failed(`Cell architecture mismatch: ${architectureOf(cell.architecture)}: ${path}`);
    stdout += `  Non-root cell: ${cellName(cell)} (${path})\n`;
    all.push(cell);
  }

  const report = new Report(quirks);
  report.title('Overlapping memory regions inside cell:');
  for (const cell of all) report.inside(cell);
  report.end();

  const hypervisor = config.hypervisorMemory;
  report.title('Overlapping memory regions with hypervisor:');
  report.against(all, hypervisor, 'hypervisor memory region');
  report.end();

  const window = mmconfigWindow(config);
  if (window) {
    report.title('Missing PCI MMCONFIG interceptions:', true);
    report.against(all, asRegion(window.base, window.size), 'PCI MMCONFIG region');
    report.end();
  }
  const units = iommuUnitsOf(config);
  if (units.length > 0) {
    report.title('Missing IOMMU interceptions:');
    units.forEach(({ base, size }, index) => report.against(all, asRegion(base, BigInt(size)), `IOMMU ${index}`));
    report.end();
  }
  report.title(`Missing resource interceptions for architecture ${architecture}:`);
  for (const [name, base, size] of resources(config)) report.against(all, asRegion(base, size), name);
  report.end();
  return { stdout: stdout + report.text, stderr: '', exitCode: report.failed ? 1 : 0 };
}

function refusal({ code }: ConfigError, kind: 'root cell' | 'cell'): string {
  if (code === 'revision') return 'Configuration file revision mismatch';
  if (code === 'architecture') return 'Configuration has unsupported architecture';
  return `Not a ${kind} configuration`;
}

function unknownHardware(system: SystemConfig): string | null {
  const unit = iommuUnitsOf(system).find(({ type }) => type < IOMMU_TYPE.AMD || type > IOMMU_TYPE.ARM_MMU500);
  if (unit) return `Unknown IOMMU type: ${unit.type}`;
  const { platform } = system;
  if (platform.kind === 'arm' && platform.gicVersion !== 2 && platform.gicVersion !== 3)
    return `Unknown GIC version: ${platform.gicVersion}`;
  return null;
}

/** Windows that the last check looks at, as the reference sizes them. */
function resources({ platform, rootCell }: SystemConfig): [string, bigint, bigint][] {
  if (platform.kind === 'x86')
    return [
      ['xAPIC', 0xfee00000n, 0x1000n],
      ...rootCell.irqchips.map(({ address }): [string, bigint, bigint] => ['IOAPIC', address, 0x1000n]),
    ];
  const { gicVersion, gicdBase, giccBase, gichBase, gicvBase, gicrBase } = platform;
  return gicVersion === 2
    ? [
        ['GICD', gicdBase, 0x1000n],
        ['GICC', giccBase, 0x2000n],
        ['GICH', gichBase, 0x2000n],
        ['GICV', gicvBase, 0x2000n],
      ]
    : [
        ['GICD', gicdBase, 0x10000n],
        ['GICR', gicrBase, 0x20000n],
      ];
}

const asRegion = (start: bigint, size: bigint): MemoryRegion => ({
  physStart: start,
  virtStart: start,
  size,
  flags: 0n,
});

const hex16 = (value: bigint): string => `0x${value.toString(16).padStart(16, '0')}`;

const dump = ({ physStart, virtStart, size, flags }: MemoryRegion): string =>
  `  phys_start: ${hex16(physStart)}\n  virt_start: ${hex16(virtStart)}\n  size:       ${hex16(size)}\n` +
  `  flags:      ${flagNames(MEM_FLAG_SYMBOLS, flags).names.join(' | ')}`;

class Report {
  text = '';
  failed = false;
  #found = false;
  readonly #quirks: ReferenceQuirks;

  constructor(quirks: ReferenceQuirks) {
    this.#quirks = quirks;
  }

  title(text: string, leaks = false): void {
    this.text += text;
    if (!(leaks && this.#quirks.foundLeaks)) this.#found = false;
  }

  end(): void {
    this.text += this.#found ? '\n\n' : ' None\n';
  }

  #finding(cell: CellConfig, index: number, relation: string, other: MemoryRegion): void {
    this.text += `\n\nIn cell '${cellName(cell)}', region ${index}\n${dump(cell.memoryRegions[index]!)}\n${relation}\n${dump(other)}`;
    this.#found = this.failed = true;
  }

  #compared(region: MemoryRegion): boolean {
    return this.#quirks.commRegionsHaveAddress || !isCommRegion(region);
  }

  inside(cell: CellConfig): void {
    const regions = cell.memoryRegions;
    for (let i = 0; i < regions.length; i++)
      for (let j = i + 1; j < regions.length; j++) {
        const [a, b] = [regions[i]!, regions[j]!];
        const physically = this.#compared(a) && this.#compared(b) && overlaps(physRange(a), physRange(b));
        const virtually = overlaps(virtRange(a), virtRange(b));
        const how = [...(physically ? ['physically'] : []), ...(virtually ? ['virtually'] : [])].join(' and ');
        if (how !== '') this.#finding(cell, i, `${how} overlaps with region ${j}`, b);
      }
  }

  against(cells: readonly CellConfig[], other: MemoryRegion, name: string): void {
    for (const cell of cells)
      cell.memoryRegions.forEach((region, index) => {
        if (this.#compared(region) && overlaps(physRange(region), physRange(other)))
          this.#finding(cell, index, `overlaps with ${name}`, other);
      });
  }
}
