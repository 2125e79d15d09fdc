// Every rule against a scenario that passes and one that fails; every fix removes what it was offered for.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBoard } from '../../board/load.ts';
import { configArbitrary } from '../arbitraries.ts';
import { cpuSetOf } from '../codec.ts';
import { ConfigError } from '../errors.ts';
import { CELL_FLAG, MEM_FLAG, type CellConfig, type Config, type MemoryRegion, type SystemConfig } from '../model.ts';
import { renderFault } from '../source/file.ts';
import { readSource } from '../source/reader.ts';
import { RULES, applyFix, checkScenario, type CheckedScenario } from './index.ts';

const folder = join(import.meta.dirname, '../../../boards/qemu-arm64');
const board = parseBoard('qemu-arm64', readFileSync(join(folder, 'board.json'), 'utf8'));

function read(text: string): Config {
  const result = readSource(text);
  if (result instanceof ConfigError) throw new Error(renderFault(result));
  return result.config;
}
function systemOf(text: string): SystemConfig {
  const config = read(text);
  if (config.kind !== 'system') throw new Error('not a system configuration');
  return config.system;
}
function cellOfText(text: string): CellConfig {
  const config = read(text);
  if (config.kind !== 'cell') throw new Error('not a cell configuration');
  return config.cell;
}

const boardFile = (name: string) => readFileSync(join(folder, name), 'utf8');
/** The board of this project with all its cells. */
const ARM: CheckedScenario = {
  system: systemOf(boardFile(board.rootConfig)),
  cells: board.cells.map((name) => cellOfText(boardFile(name))),
  board,
};

/** A q35 machine with one cell that has a function of its own, and one that shares memory with root. */
const X86: CheckedScenario = {
  system: systemOf(`
#include <jailhouse/cell-config.h>
struct {
	struct jailhouse_system header; __u64 cpus[1]; struct jailhouse_memory mem[6]; struct jailhouse_cache caches[1];
	struct jailhouse_irqchip irqchips[1]; struct jailhouse_pio pio[3]; struct jailhouse_pci_device pci[2];
	struct jailhouse_pci_capability caps[2];
} __attribute__((packed)) config = {
	.header = {
		.signature = JAILHOUSE_SYSTEM_SIGNATURE, .architecture = JAILHOUSE_X86, .revision = JAILHOUSE_CONFIG_REVISION,
		.flags = JAILHOUSE_SYS_VIRTUAL_DEBUG_CONSOLE,
		.hypervisor_memory = { .phys_start = 0x3a000000, .size = 0x600000 },
		.debug_console = { .address = 0x3f8, .type = JAILHOUSE_CON_TYPE_8250, .flags = JAILHOUSE_CON_ACCESS_PIO },
		.platform_info = {
			.pci_mmconfig_base = 0xb0000000, .pci_mmconfig_end_bus = 0xff,
			.iommu_units = { { .type = JAILHOUSE_IOMMU_INTEL, .base = 0xfed90000, .size = 0x1000 } },
			.x86 = { .pm_timer_address = 0x608, .vtd_interrupt_limit = 256 },
		},
		.root_cell = {
			.name = "QEMU-VM", .cpu_set_size = sizeof(config.cpus), .num_memory_regions = ARRAY_SIZE(config.mem),
			.num_cache_regions = ARRAY_SIZE(config.caches), .num_irqchips = ARRAY_SIZE(config.irqchips),
			.num_pio_regions = ARRAY_SIZE(config.pio), .num_pci_devices = ARRAY_SIZE(config.pci), .num_pci_caps = ARRAY_SIZE(config.caps),
		},
	},
	.cpus = { 0xf },
	.mem = {
		{ 0x3f000000, 0x3f000000, 0x1000, JAILHOUSE_MEM_READ },
		{ 0 },
		{ 0x3f001000, 0x3f001000, 0x1000, JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE },
		{ 0x3f002000, 0x3f002000, 0x1000, JAILHOUSE_MEM_READ },
		{ 0, 0, 0x3a000000, JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA },
		{ 0x3a600000, 0x3a600000, 0x4a00000, JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA },
	},
	.caches = { { .start = 0, .size = 8, .type = JAILHOUSE_CACHE_L3 } },
	.irqchips = { { .address = 0xfec00000, .id = 0xff00, .pin_bitmap = { 0xffffff } } },
	.pio = { PIO_RANGE(0x2f8, 8), PIO_RANGE(0x3f8, 8), PIO_RANGE(0xc000, 0x40) },
	.pci = {
		{ .type = JAILHOUSE_PCI_TYPE_IVSHMEM, .bdf = 0xe << 3, .bar_mask = JAILHOUSE_IVSHMEM_BAR_MASK_MSIX, .num_msix_vectors = 2,
		  .shmem_regions_start = 0, .shmem_dev_id = 0, .shmem_peers = 2 },
		{ .type = JAILHOUSE_PCI_TYPE_DEVICE, .bdf = 0xc8, .caps_start = 0, .num_caps = 2 },
	},
	.caps = {
		{ .id = PCI_CAP_ID_MSI, .start = 0xd0, .len = 14, .flags = JAILHOUSE_PCICAPS_WRITE },
		{ .id = PCI_EXT_CAP_ID_ERR | JAILHOUSE_PCI_EXT_CAP, .start = 0x100, .len = 64 },
	},
};`),
  cells: ['one', 'two'].map((name, i) =>
    cellOfText(`
#include <jailhouse/cell-config.h>
struct {
	struct jailhouse_cell_desc cell; __u64 cpus[1]; struct jailhouse_memory mem[6]; struct jailhouse_cache caches[1];
	struct jailhouse_irqchip irqchips[1]; struct jailhouse_pio pio[1]; struct jailhouse_pci_device pci[2];
	struct jailhouse_pci_capability caps[1];
} __attribute__((packed)) config = {
	.cell = {
		.signature = JAILHOUSE_CELL_DESC_SIGNATURE, .architecture = JAILHOUSE_X86, .revision = JAILHOUSE_CONFIG_REVISION,
		.name = "${name}", .flags = JAILHOUSE_CELL_PASSIVE_COMMREG, .cpu_set_size = sizeof(config.cpus),
		.num_memory_regions = ARRAY_SIZE(config.mem), .num_cache_regions = ARRAY_SIZE(config.caches),
		.num_irqchips = ARRAY_SIZE(config.irqchips), .num_pio_regions = ARRAY_SIZE(config.pio),
		.num_pci_devices = ${2 - i}, .num_pci_caps = ${1 - i},
		.console = { .address = ${i === 0 ? 0x3f8 : 0x2f8}, .type = JAILHOUSE_CON_TYPE_8250 },
	},
	.cpus = { ${1 << (i + 1)} },
	.mem = {
		{ 0x3f000000, 0x3f000000, 0x1000, JAILHOUSE_MEM_READ | JAILHOUSE_MEM_ROOTSHARED },
		{ 0 },
		{ 0x3f001000, 0x3f001000, 0x1000, JAILHOUSE_MEM_READ | JAILHOUSE_MEM_ROOTSHARED },
		{ 0x3f002000, 0x3f002000, 0x1000, JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | JAILHOUSE_MEM_ROOTSHARED },
		{ 0x3a${6 + i}00000, 0, 0x100000, JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_LOADABLE },
		{ .virt_start = 0x100000, .size = 0x1000, .flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_COMM_REGION },
	},
	.caches = { { .start = ${i * 2}, .size = 2, .type = JAILHOUSE_CACHE_L3 } },
	.irqchips = { { .address = 0xfec00000, .id = 0xff00, .pin_bitmap = { 1 << ${9 + i} } } },
	.pio = { PIO_RANGE(${i === 0 ? 0x3f8 : 0x2f8}, 8) },
	.pci = {
		{ .type = JAILHOUSE_PCI_TYPE_IVSHMEM, .bdf = ${i === 0 ? '0xe' : '0xf'} << 3, .bar_mask = JAILHOUSE_IVSHMEM_BAR_MASK_MSIX, .num_msix_vectors = 2,
		  .shmem_regions_start = 0, .shmem_dev_id = 1, .shmem_peers = ${i === 0 ? 2 : 1} },
		{ .type = JAILHOUSE_PCI_TYPE_DEVICE, .bdf = 0xc8, .bar_mask = { 0xfffe0000 }, .caps_start = 0, .num_caps = 1,
		  .num_msix_vectors = 5, .msix_region_size = 0x1000, .msix_address = 0xfebd0000 },
	},
	.caps = { { .id = PCI_CAP_ID_MSI, .start = 0xd0, .len = 14, .flags = JAILHOUSE_PCICAPS_WRITE } },
};`),
  ),
};
// The second cell has no shared-memory device at all.
X86.cells[1]!.pciDevices = [];
X86.cells[1]!.memoryRegions.splice(0, 4);

/** An Arm system with an MMU-500 and two cells with stream ids. */
const STREAMS: CheckedScenario = structuredClone({ system: ARM.system, cells: ARM.cells.slice(0, 2) });
STREAMS.system.iommuUnits[0] = { type: 5, base: 0xfd800000n, size: 0x20000, specific: new Uint8Array(12) };
STREAMS.system.rootCell.streamIds = [0x860, 0x861];
STREAMS.cells[0]!.streamIds = [0x860];
STREAMS.cells[1]!.streamIds = [0x861];

const region = (physStart: number, size: number, flags: bigint, virtStart = physStart): MemoryRegion => ({
  physStart: BigInt(physStart),
  virtStart: BigInt(virtStart),
  size: BigInt(size),
  flags,
});
const RAM = MEM_FLAG.READ | MEM_FLAG.WRITE | MEM_FLAG.EXECUTE | MEM_FLAG.LOADABLE;
const DEVICE = MEM_FLAG.READ | MEM_FLAG.WRITE | MEM_FLAG.IO;

const named = (scenario: CheckedScenario, name: string): CellConfig =>
  scenario.cells.find((cell) => cell.name === name)!;

interface Case {
  rule: string;
  base: CheckedScenario;
  /** Breaks a copy of the base. */
  change(scenario: CheckedScenario): void;
  /** Part of the finding's sentence. */
  says: RegExp;
  path: string;
}
const failing = (
  rule: string,
  path: string,
  says: RegExp,
  change: (scenario: CheckedScenario) => void,
  base = ARM,
): Case => ({ rule, base, change, says, path });
const x86 = (rule: string, path: string, says: RegExp, change: (scenario: CheckedScenario) => void): Case =>
  failing(rule, path, says, change, X86);

const CASES: Case[] = [
  // identity
  failing(
    'architecture-mismatch',
    'architecture',
    /cell "greeter" is for arm, the system is arm64/i,
    (s) => (named(s, 'greeter').architecture = 1),
  ),
  failing(
    'revision-mismatch',
    'revision',
    /revision 13; expected "JHCLL", 14/,
    (s) => (named(s, 'timer').revision = 13),
  ),
  failing('name-empty', 'name', /Cell number 1 has no name/, (s) => (s.cells[0]!.name = '')),
  failing('name-number', 'name', /"0x10" is a number/, (s) => (s.cells[0]!.name = '0x10')),
  failing('name-twice', 'name', /Two cells are called "timer"/, (s) => (named(s, 'greeter').name = 'timer')),
  failing('name-text', 'name', /fills all 32 bytes/, (s) => (s.cells[0]!.name = 'x'.repeat(32))),
  failing('id-set', 'id', /carries id 300.*255 is the highest/, (s) => (s.cells[0]!.id = 300)),
  failing('size-limit', 'memoryRegions', /at most 65536/, (s) => {
    for (let i = 0; i < 2100; i++) s.cells[0]!.streamIds.push(...Array<number>(10).fill(0));
  }),
  failing('trailing-bytes', '', /56 bytes behind/, (s) => (s.trailing = { system: 0, cells: [56] })),
  failing(
    'source-warning',
    '',
    /Shift by 35/,
    (s) =>
      (s.sourceWarnings = [
        {
          config: 0,
          message: 'Shift by 35 of the 32-bit number 1: all bits are lost.',
          location: { file: 'a.c', start: 0, end: 1, line: 1, column: 1, lineText: 'x' },
        },
      ]),
  ),
  // CPUs
  failing(
    'cpu-twice',
    'cpuSet',
    /CPU 4 is given to cell "greeter" and to cell "timer"/,
    (s) => (named(s, 'greeter').cpuSet = cpuSetOf([1, 4])),
  ),
  failing(
    'cpu-not-in-system',
    'cpuSet',
    /CPU 20 .* not among the CPUs 0-15/,
    (s) => (named(s, 'smp').cpuSet = cpuSetOf([5, 20])),
  ),
  failing('cpu-none', 'cpuSet', /"smp" has no CPU/, (s) => (named(s, 'smp').cpuSet = cpuSetOf([], 8))),
  failing(
    'cpu-none-left',
    'cpuSet',
    /take all CPUs 0-15/,
    (s) => (named(s, 'smp').cpuSet = cpuSetOf([0, 5, 6, 7, 12, 13, 14, 15])),
  ),
  x86('cpu-boot', 'cpuSet', /CPU 0 is given to cell "one"/, (s) => (s.cells[0]!.cpuSet = cpuSetOf([0, 1]))),
  failing('cpu-set-size', 'cpuSet', /has 3 bytes/, (s) => (named(s, 'greeter').cpuSet = cpuSetOf([1], 3))),
  failing('cpu-not-on-board', 'rootCell.cpuSet', /CPUs 8-15 of the board are not in the system/, (s) => {
    s.system.rootCell.cpuSet = cpuSetOf([0, 1, 2, 3, 4, 5, 6, 7]);
  }),
  failing('cpu-gicv2-limit', 'rootCell.cpuSet', /CPUs 8-15 are beyond the 8/, (s) => {
    if (s.system.platform.kind === 'arm') s.system.platform.gicVersion = 2;
  }),
  // platform
  failing(
    'hypervisor-memory',
    'hypervisorMemory',
    /not in the RAM of the board/,
    (s) => (s.system.hypervisorMemory.physStart = 0x8000_0000n),
  ),
  failing('gic-version', 'platform.gicVersion', /gic_version is 2; the board has version 3/, (s) => {
    if (s.system.platform.kind === 'arm') s.system.platform.gicVersion = 2;
  }),
  failing('gic-address', 'platform.gicrBase', /gicr_base is 0x80b0000; the board's is 0x80a0000/, (s) => {
    if (s.system.platform.kind === 'arm') s.system.platform.gicrBase = 0x80b0000n;
  }),
  failing(
    'mmconfig-window',
    'pciMmconfigBase',
    /virtual PCI window .* overlaps RAM/,
    (s) => (s.system.pciMmconfigBase = 0x4000_0000n),
  ),
  failing('iommu-units', 'iommuUnits[0]', /type 2, which this architecture/, (s) => {
    s.system.iommuUnits[0] = { type: 2, base: 0x1000n, size: 0x1000, specific: new Uint8Array(12) };
  }),
  failing('board-architecture', 'architecture', /the board is arm64/, (s) => (s.system.architecture = 1)),
  failing('board-reserved', 'memoryRegions[1]', /overlaps firmware at 0x7fa00000-0x7fa00fff/, (s) => {
    s.board = { ...board, reserved: [{ name: 'firmware', base: 0x7fa00000 as never, size: 0x1000 }] };
  }),
  failing(
    'board-memory',
    'memoryRegions[1]',
    /not in the RAM of the board/,
    (s) => (named(s, 'greeter').memoryRegions[1]!.physStart = 0x9000_0000n),
  ),
  failing('board-device', 'memoryRegions[0]', /touches no device/, (s) => {
    named(s, 'greeter').memoryRegions[0] = region(0x3fff_f000_0000, 0x1000, DEVICE | MEM_FLAG.ROOTSHARED);
  }),
  failing(
    'reservation',
    'memoryRegions[11]',
    /boot it with "mem=768M" instead of "mem=1000M"/,
    (s) => (s.kernelArguments = 'mem=1000M'),
  ),
  // memory
  failing(
    'memory-overlap-virtual',
    'memoryRegions[1].virtStart',
    /overlaps region 0 at guest 0x9000000/,
    (s) => (named(s, 'greeter').memoryRegions[1]!.virtStart = 0x9000000n),
  ),
  failing('memory-overlap-physical', 'memoryRegions[3].physStart', /which region 1 also maps/, (s) => {
    named(s, 'greeter').memoryRegions.push(region(0x7fa00000, 0x1000, MEM_FLAG.READ, 0x20000));
  }),
  failing('memory-overlap-hypervisor', 'memoryRegions[1]', /overlaps the hypervisor's memory/, (s) => {
    named(s, 'greeter').memoryRegions[1] = region(0x7fbf0000, 0x20000, RAM, 0);
  }),
  failing(
    'memory-shared-between-cells',
    'memoryRegions[1]',
    /belongs to region 1 \(RAM\) of cell "greeter".*"timer"/,
    (s) => (named(s, 'timer').memoryRegions[1]!.physStart = 0x7fa0_0000n),
  ),
  failing(
    'memory-not-loadable',
    'memoryRegions[1]',
    /which therefore can neither load it nor get it back/,
    (s) => (named(s, 'greeter').memoryRegions[1]!.physStart = 0x7fa1_0000n),
  ),
  failing('memory-not-returned', 'memoryRegions[3]', /not given back when the cell is destroyed/, (s) =>
    named(s, 'greeter').memoryRegions.push(region(0x8f00000, 0x1000, DEVICE)),
  ),
  failing(
    'memory-root-not-identity',
    'rootCell.memoryRegions[10].virtStart',
    /make both the same/,
    (s) => (s.system.rootCell.memoryRegions[10]!.virtStart = 0n),
  ),
  failing(
    'memory-alignment',
    'memoryRegions[1]',
    /align virt_start and size/,
    (s) => (named(s, 'greeter').memoryRegions[1]!.size = 0x10800n),
  ),
  failing(
    'memory-subpage-width',
    'memoryRegions[0].flags',
    /IO_8, IO_16/,
    (s) => (named(s, 'greeter').memoryRegions[0]!.size = 0x100n),
  ),
  failing(
    'memory-subpage-flags',
    'memoryRegions[0].flags',
    /have no effect/,
    (s) => (named(s, 'greeter').memoryRegions[0]!.flags |= MEM_FLAG.IO_32),
  ),
  failing('memory-subpage-root-keeps', 'memoryRegions[0].flags', /root keeps access/, (s) => {
    named(s, 'greeter').memoryRegions[0] = region(0x9010000, 0x100, DEVICE | MEM_FLAG.IO_32);
  }),
  failing(
    'memory-hugepage',
    'memoryRegions[11].virtStart',
    /2 MiB pages/,
    (s) => (named(s, 'linux-demo').memoryRegions[11]!.virtStart = 0x7010_0000n),
  ),
  failing(
    'memory-loadable-shared',
    'memoryRegions[1].flags',
    /LOADABLE and ROOTSHARED/,
    (s) => (named(s, 'greeter').memoryRegions[1]!.flags |= MEM_FLAG.ROOTSHARED),
  ),
  failing('memory-empty', 'memoryRegions[3]', /array is larger than what is written/, (s) =>
    named(s, 'greeter').memoryRegions.push(region(0, 0, 0n)),
  ),
  failing(
    'memory-no-access',
    'memoryRegions[0].flags',
    /neither READ nor WRITE/,
    (s) => (named(s, 'greeter').memoryRegions[0]!.flags = MEM_FLAG.IO | MEM_FLAG.ROOTSHARED),
  ),
  failing(
    'memory-wraps',
    'memoryRegions[0].size',
    /beyond the 48 bits/,
    (s) => (named(s, 'greeter').memoryRegions[0]!.size = 1n << 50n),
  ),
  failing(
    'memory-no-loadable',
    'memoryRegions',
    /No region of cell "greeter" is LOADABLE/,
    (s) => (named(s, 'greeter').memoryRegions[1]!.flags &= ~MEM_FLAG.LOADABLE),
  ),
  failing(
    'memory-reset-address',
    'cpuResetAddress',
    /begin at guest 0x70000/,
    (s) => (named(s, 'greeter').cpuResetAddress = 0x70000n),
  ),
  // interception
  failing('intercept-mmconfig', 'memoryRegions[3]', /covers the PCI MMCONFIG window/, (s) =>
    named(s, 'greeter').memoryRegions.push(region(0x8d00000, 0x200000, DEVICE | MEM_FLAG.ROOTSHARED)),
  ),
  failing(
    'intercept-iommu',
    'rootCell.memoryRegions[12]',
    /covers the IOMMU 0/,
    (s) => s.system.rootCell.memoryRegions.push(region(0xfd800000, 0x10000, DEVICE)),
    STREAMS,
  ),
  failing(
    'intercept-interrupt-controller',
    'rootCell.memoryRegions[9]',
    /covers the GICR at 0x80a0000-0x829ffff/,
    (s) => {
      s.system.rootCell.memoryRegions[9] = region(0x8200000, 0x37e00000, DEVICE);
    },
  ),
  // comm region
  failing('comm-missing', 'memoryRegions', /"greeter" maps no communication region/, (s) =>
    named(s, 'greeter').memoryRegions.splice(2, 1),
  ),
  failing(
    'comm-unanswered',
    'memoryRegions[2].flags',
    /root waits for ever/,
    (s) => (named(s, 'comm-client').memoryRegions[2]!.flags &= ~MEM_FLAG.WRITE),
  ),
  failing(
    'comm-misplaced',
    'memoryRegions[2].virtStart',
    /inmates look for it at 0x80000000/,
    (s) => (named(s, 'greeter').memoryRegions[2]!.virtStart = 0x90000000n),
  ),
  failing(
    'comm-size',
    'memoryRegions[2].size',
    /exactly one page/,
    (s) => (named(s, 'greeter').memoryRegions[2]!.size = 0x2000n),
  ),
  failing('comm-twice', 'memoryRegions[3]', /second communication region/, (s) => {
    named(s, 'greeter').memoryRegions.push(region(0, 0x1000, MEM_FLAG.READ | MEM_FLAG.COMM_REGION, 0x80001000));
  }),
  failing(
    'comm-writable',
    'memoryRegions[2].flags',
    /writable although the cell is passive/,
    (s) => (named(s, 'greeter').memoryRegions[2]!.flags |= MEM_FLAG.WRITE),
  ),
  // consoles
  failing('console-type', 'console.type', /has type 99/, (s) => (named(s, 'greeter').console.type = 99)),
  failing('console-flags', 'console.flags', /0x8 have no meaning/, (s) => (named(s, 'greeter').console.flags |= 8)),
  failing(
    'console-not-mmio',
    'debugConsole.flags',
    /lacks JAILHOUSE_CON_ACCESS_MMIO/,
    (s) => (s.system.debugConsole.flags = 2),
  ),
  failing('console-unreachable', 'console.address', /which no memory region gives it/, (s) =>
    named(s, 'greeter').memoryRegions.splice(0, 1),
  ),
  x86(
    'console-unreachable',
    'console.address',
    /ports 0x3f8-0x3ff, which its PIO regions/,
    (s) => (s.cells[0]!.pioRegions = []),
  ),
  failing(
    'console-taken-from-hypervisor',
    'memoryRegions[0].flags',
    /root loses its UART/,
    (s) => (named(s, 'greeter').memoryRegions[0]!.flags &= ~MEM_FLAG.ROOTSHARED),
  ),
  failing(
    'console-board',
    'console.type',
    /driven as 8250; uart0 of the board is a PL011/,
    (s) => (named(s, 'greeter').console.type = 2),
  ),
  failing('console-virtual', 'flags', /lacks JAILHOUSE_SYS_VIRTUAL_DEBUG_CONSOLE/, (s) => (s.system.flags = 0)),
  failing(
    'console-virtual-permitted',
    'flags',
    /ACTIVE without/,
    (s) => (named(s, 'vconsole').flags = CELL_FLAG.VIRTUAL_CONSOLE_ACTIVE | 1),
  ),
  // interrupts
  failing(
    'irq-twice',
    'irqchips',
    /SPIs 1,108-109 .* belong to cell "greeter" and to cell "linux-demo"/,
    (s) => (named(s, 'greeter').irqchips = structuredClone(named(s, 'linux-demo').irqchips)),
  ),
  failing('irq-twice-in-cell', 'irqchips[1].pinBitmap', /names SPIs 108-109.* again/, (s) => {
    named(s, 'linux-demo').irqchips.push({ address: 0x8000000n, id: 0, pinBase: 128, pinBitmap: [0x3000, 0, 0, 0] });
  }),
  failing('irq-not-in-root', 'irqchips', /SPI 128 .* not in the root configuration/, (s) => {
    named(s, 'greeter').irqchips.push({ address: 0x8000000n, id: 0, pinBase: 160, pinBitmap: [1, 0, 0, 0] });
  }),
  failing('irq-beyond-controller', 'irqchips[0].pinBitmap', /beyond the 224 SPIs/, (s) => {
    named(s, 'greeter').irqchips.push({ address: 0x8000000n, id: 0, pinBase: 288, pinBitmap: [1, 0, 0, 0] });
  }),
  failing(
    'irq-off-by-32',
    'irqchips',
    /has uart0, whose interrupt is SPI 1 \(interrupt id 33\), but owns SPI 33/i,
    (s) => (named(s, 'linux-demo').irqchips[0]!.pinBitmap = [0, 2, 0, 0x3000]),
  ),
  failing(
    'irq-pin-base',
    'irqchips[0].pinBase',
    /expected a multiple of 32/,
    (s) => (named(s, 'linux-demo').irqchips[0]!.pinBase = 33),
  ),
  x86('irq-pin-base', 'irqchips[0].pinBase', /set it to 0/, (s) => (s.cells[0]!.irqchips[0]!.pinBase = 32)),
  failing(
    'irq-unknown-chip',
    'irqchips[0].address',
    /so it is ignored: set it to 0x8000000/,
    (s) => (named(s, 'linux-demo').irqchips[0]!.address = 0x8010000n),
  ),
  failing('irq-empty-chip', 'irqchips[1]', /gives no pins/, (s) => {
    named(s, 'linux-demo').irqchips.push({ address: 0x8000000n, id: 0, pinBase: 32, pinBitmap: [0, 0, 0, 0] });
  }),
  failing('irq-vpci-device', 'vpciIrqBase', /wired to uart0/, (s) => (named(s, 'linux-demo').vpciIrqBase = 1)),
  failing(
    'irq-vpci-twice',
    'vpciIrqBase',
    /vpci_irq_base 96\) and of cell "linux-demo"/,
    (s) => (named(s, 'linux-demo').vpciIrqBase = 96),
  ),
  failing(
    'irq-vpci-not-owned',
    'irqchips',
    /do not give it/,
    (s) => (named(s, 'linux-demo').irqchips[0]!.pinBitmap[3] = 0x1000),
  ),
  failing(
    'irq-vpci-range',
    'vpciIrqBase',
    /there are SPIs 0 to 223/,
    (s) => (named(s, 'linux-demo').vpciIrqBase = 224),
  ),
  // PCI
  failing(
    'pci-twice-in-cell',
    'pciDevices[1].bdf',
    /are both 00:00\.0/,
    (s) => (named(s, 'linux-demo').pciDevices[1]!.bdf = 0),
  ),
  x86('pci-twice', 'pciDevices[0]', /belongs to cell "one" and to cell "two"/, (s) =>
    s.cells[1]!.pciDevices.push(structuredClone(s.cells[0]!.pciDevices[1]!)),
  ),
  x86(
    'pci-not-in-root',
    'pciDevices[1]',
    /not in the root configuration/,
    (s) => (s.cells[0]!.pciDevices[1]!.bdf = 0xd0),
  ),
  x86('pci-type', 'pciDevices[1].type', /has type 0/, (s) => (s.cells[0]!.pciDevices[1]!.type = 0)),
  x86(
    'pci-capability-index',
    'pciDevices[1].capsStart',
    /uses capabilities 0 to 4, and the cell has 1/,
    (s) => (s.cells[0]!.pciDevices[1]!.numCaps = 5),
  ),
  x86('pci-capability-range', 'pciCaps[0].start', /0xfa-0x107/, (s) => (s.cells[0]!.pciCaps[0]!.start = 0xfa)),
  x86(
    'pci-bar-mask',
    'pciDevices[1].barMask',
    /BAR 0 .* 0xff00ff00/,
    (s) => (s.cells[0]!.pciDevices[1]!.barMask[0] = 0xff00ff00),
  ),
  x86('pci-msix-window', 'memoryRegions[6]', /covers the MSI-X table/, (s) =>
    s.cells[0]!.memoryRegions.push(region(0xfebd0000, 0x4000, MEM_FLAG.READ | MEM_FLAG.WRITE)),
  ),
  failing(
    'pci-bus',
    'pciDevices[1].bdf',
    /is on bus 1; the MMCONFIG window ends with bus 0/,
    (s) => (named(s, 'linux-demo').pciDevices[1]!.bdf = 0x108),
  ),
  failing(
    'pci-no-host',
    'rootCell.pciDevices[0]',
    /pci_mmconfig_base of the system configuration is 0/,
    (s) => (s.system.pciMmconfigBase = 0n),
  ),
  failing(
    'pci-virtual-host',
    'pciDevices[0]',
    /every read gives all ones/,
    (s) => (named(s, 'linux-demo').pciDevices[0]!.type = 1),
  ),
  x86(
    'pci-iommu',
    'pciDevices[1].iommu',
    /names IOMMU 3, and the system has 1/,
    (s) => (s.cells[0]!.pciDevices[1]!.iommu = 3),
  ),
  // shared memory
  failing(
    'shmem-regions',
    'pciDevices[1].shmemRegionsStart',
    /regions 10 to 13, and there are only 13/,
    (s) => (named(s, 'linux-demo').pciDevices[1]!.shmemRegionsStart = 10),
  ),
  failing(
    'shmem-peer-id',
    'pciDevices[1].shmemDevId',
    /its 2 peers are 0 to 1/,
    (s) => (named(s, 'linux-demo').pciDevices[1]!.shmemDevId = 2),
  ),
  failing(
    'shmem-sections',
    'memoryRegions[2].virtStart',
    /must begin at 0x7fafa000/,
    (s) => (named(s, 'linux-demo').memoryRegions[2]!.virtStart = 0x7faf_b000n),
  ),
  failing(
    'shmem-section-sizes',
    'memoryRegions[4].size',
    /make them equal/,
    (s) => (named(s, 'linux-demo').memoryRegions[4]!.size = 0x1000n),
  ),
  failing(
    'shmem-access',
    'memoryRegions[3].flags',
    /output section of peer 1 .* which is peer 2/,
    (s) => (named(s, 'linux-demo').memoryRegions[3]!.flags |= MEM_FLAG.WRITE),
  ),
  failing(
    'shmem-rootshared',
    'memoryRegions[1].flags',
    /without ROOTSHARED/,
    (s) => (named(s, 'linux-demo').memoryRegions[1]!.flags &= ~MEM_FLAG.ROOTSHARED),
  ),
  failing(
    'shmem-id-twice',
    'pciDevices[0].shmemDevId',
    /both peer 0 of the same link/,
    (s) => (named(s, 'linux-demo').pciDevices[0]!.shmemDevId = 0),
  ),
  failing(
    'shmem-link-memory',
    'memoryRegions[0]',
    /both ends must name the same memory/,
    (s) => (named(s, 'linux-demo').memoryRegions[0]!.physStart = 0x7fae_0000n),
  ),
  failing(
    'shmem-link-peers',
    'pciDevices[1].shmemPeers',
    /has 2 peers, .* has 3/,
    (s) => (named(s, 'linux-demo').pciDevices[1]!.shmemPeers = 3),
  ),
  failing(
    'shmem-link-protocol',
    'pciDevices[1].shmemProtocol',
    /VETH, .* UNDEFINED/,
    (s) => (named(s, 'linux-demo').pciDevices[1]!.shmemProtocol = 0),
  ),
  failing(
    'shmem-alone',
    'pciDevices[1].bdf',
    /has no partner/,
    (s) => (named(s, 'linux-demo').pciDevices[1]!.bdf = 2 << 3),
  ),
  x86(
    'shmem-interrupts',
    'pciDevices[0].numMsixVectors',
    /on x86 shared-memory devices have no INTx/,
    (s) => (s.cells[0]!.pciDevices[0]!.numMsixVectors = 0),
  ),
  // streams
  failing(
    'stream-twice',
    'streamIds[0]',
    /also belongs to cell "greeter"/,
    (s) => (s.cells[1]!.streamIds = [0x860]),
    STREAMS,
  ),
  failing('stream-without-iommu', 'streamIds', /no Arm IOMMU/, (s) => (s.cells[0]!.streamIds = [1])),
  failing(
    'stream-not-in-root',
    'streamIds[0]',
    /not in the root configuration with the same mask/,
    (s) => (s.cells[1]!.streamIds = [0x870]),
    STREAMS,
  ),
  // x86
  failing('pio-not-x86', 'pioRegions[0]', /only x86 has ports/, (s) =>
    named(s, 'greeter').pioRegions.push({ base: 0x3f8, length: 8 }),
  ),
  x86(
    'pio-twice',
    'pioRegions[0]',
    /Ports 0x3fc-0x3ff of PIO region 0 of cell "two"/,
    (s) => (s.cells[1]!.pioRegions = [{ base: 0x3fc, length: 4 }]),
  ),
  x86('pio-not-in-root', 'pioRegions[1]', /not in the root configuration/, (s) =>
    s.cells[0]!.pioRegions.push({ base: 0xe000, length: 8 }),
  ),
  x86('pio-range', 'pioRegions[1]', /PCI configuration ports/, (s) =>
    s.cells[0]!.pioRegions.push({ base: 0xcf8, length: 8 }),
  ),
  x86('cache-region', 'cacheRegions[0]', /only JAILHOUSE_CACHE_L3/, (s) => (s.cells[0]!.cacheRegions[0]!.type = 1)),
  x86(
    'cache-twice',
    'cacheRegions[0]',
    /overlap 0x0-0x1 of cell "one"/,
    (s) => (s.cells[1]!.cacheRegions[0]!.start = 1),
  ),
  x86('cache-root-left', 'cacheRegions[0]', /must keep one/, (s) => {
    s.cells[0]!.cacheRegions[0]!.size = 4;
    Object.assign(s.cells[1]!.cacheRegions[0]!, { start: 4, size: 4 });
  }),
];

const broken = ({ base, change }: Case): CheckedScenario => {
  const { board: description, ...rest } = base;
  const copy: CheckedScenario = { ...structuredClone(rest), ...(description && { board: description }) };
  change(copy);
  return copy;
};
const text = (scenario: CheckedScenario) =>
  checkScenario(scenario).map(({ rule, path, message }) => `${rule} ${path}: ${message}`);

describe('scenarios that are right', () => {
  it.each([
    ['the board with all its cells', ARM],
    ['x86', X86],
    ['an MMU-500', STREAMS],
    ['the board without its cells', { ...ARM, cells: [] }],
    ['without knowing the board', { system: ARM.system, cells: ARM.cells }],
  ])('%s', (_, scenario) => expect(text(scenario)).toEqual([]));
});

describe('scenarios that are wrong', () => {
  it.each(CASES)('$rule', (entry) => {
    const scenario = broken(entry);
    const findings = checkScenario(scenario).filter(({ rule }) => rule === entry.rule);
    expect(findings.length).toBeGreaterThan(0);
    const finding = findings.find(({ message }) => entry.says.test(message));
    expect(finding, findings.map(({ message }) => message).join('\n')).toBeDefined();
    expect(finding!.path).toBe(entry.path);
    expect(finding!.message).toMatch(/^([A-Z]|ivshmem |0x|[a-z]+_).*\.$/s);

    if (!finding!.fix) return;
    const fixed = applyFix(scenario, finding!.fix);
    const left = checkScenario(fixed).filter(({ rule, path }) => rule === entry.rule && path === finding!.path);
    expect(left.length).toBeLessThan(findings.filter(({ path }) => path === finding!.path).length);
    // The scenario that was given is untouched.
    expect(checkScenario(scenario).filter(({ rule }) => rule === entry.rule)).toHaveLength(findings.length);
  });

  it('there is one for every rule, and no rule twice', () => {
    const ids = RULES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...new Set(CASES.map(({ rule }) => rule))].sort()).toEqual([...ids].sort());
  });
});

it('no configuration is too odd to be checked', () => {
  fc.assert(
    fc.property(fc.array(configArbitrary(), { minLength: 1, maxLength: 4 }), (configs) => {
      const system = configs.find((config) => config.kind === 'system');
      const cells = configs.flatMap((config) => (config.kind === 'cell' ? [config.cell] : []));
      if (system?.kind !== 'system') return;
      for (const finding of checkScenario({ system: system.system, cells, board })) {
        expect(finding.message).toMatch(/\.$/);
        if (finding.fix) applyFix({ system: system.system, cells }, finding.fix);
      }
    }),
    { numRuns: 200 },
  );
});
