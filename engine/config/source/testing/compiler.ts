// gcc and objcopy as the build of a board calls them, for tests and benches that compare ours with theirs. The structures that
// gcc sees are written here a second time, by hand from the ABI reference (A.1-A.11), so that the layout table is checked too.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ConfigError } from '../../errors.ts';
import type { Architecture } from '../../model.ts';
import { BUILTIN_DEFINITIONS } from '../builtin.ts';
import { renderFault } from '../file.ts';
import { compileSource } from '../reader.ts';

/** What the names of the programs begin with. */
const PREFIXES: Record<Architecture, string> = { x86: '', arm64: 'aarch64-linux-gnu-', arm: 'arm-linux-gnueabihf-' };

/** Whether the compiler for an architecture is there. Without a prefix it is the machine's own. */
export function hasCompiler(target: Architecture): boolean {
  if (target === 'x86' && process.arch !== 'x64') return false;
  try {
    execFileSync(`${PREFIXES[target]}gcc`, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * What our reader makes of the source at `file`, with what it includes from beside it.
 * @throws Error with the reader's words
 */
export function compileFile(file: string, target: Architecture): Uint8Array {
  const result = compileSource(readFileSync(file, 'utf8'), {
    file: basename(file),
    target,
    include: (name) => {
      const path = join(dirname(file), name);
      return existsSync(path) ? readFileSync(path, 'utf8') : null;
    },
  });
  if (result instanceof ConfigError) throw new Error(renderFault(result));
  return result.bytes;
}

export class Compiler {
  readonly #folder: string;

  /** @param folder - for headers and results; the caller removes it */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(join(folder, 'jailhouse'), { recursive: true });
    writeFileSync(join(folder, 'jailhouse/types.h'), TYPES_H);
    writeFileSync(join(folder, 'jailhouse/cell-config.h'), CELL_CONFIG_H);
  }

  /** What gcc and objcopy make of the source at `file`. Throws if gcc refuses it. */
  build(file: string, target: Architecture): Uint8Array {
    const object = join(this.#folder, 'out.o');
    const binary = join(this.#folder, 'out.cell');
    rmSync(binary, { force: true });
    execFileSync(`${PREFIXES[target]}gcc`, ['-w', '-I', this.#folder, '-c', '-o', object, file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    execFileSync(`${PREFIXES[target]}objcopy`, ['-O', 'binary', '-j', '.data', object, binary]);
    return existsSync(binary) ? new Uint8Array(readFileSync(binary)) : new Uint8Array();
  }
}

const TYPES_H = `
typedef unsigned char __u8; typedef unsigned short __u16; typedef unsigned int __u32; typedef unsigned long long __u64;
typedef signed char __s8; typedef short __s16; typedef int __s32; typedef long long __s64;
typedef __u8 u8; typedef __u16 u16; typedef __u32 u32; typedef __u64 u64;
`;

const P = '__attribute__((packed))';
const CELL_CONFIG_H = `
${BUILTIN_DEFINITIONS.map(([definition, replacement]) => `#define ${definition} ${replacement}`).join('\n')}
struct jailhouse_console {
	__u64 address; __u32 size; __u16 type; __u16 flags; __u32 divider; __u32 gate_nr; __u64 clock_reg;
} ${P};
struct jailhouse_memory { __u64 phys_start, virt_start, size, flags; } ${P};
struct jailhouse_cache { __u32 start; __u32 size; __u8 type; __u8 padding; __u16 flags; } ${P};
struct jailhouse_irqchip { __u64 address; __u32 id; __u32 pin_base; __u32 pin_bitmap[4]; } ${P};
struct jailhouse_pio { __u16 base; __u16 length; } ${P};
struct jailhouse_pci_device {
	__u8 type; __u8 iommu; __u16 domain; __u16 bdf; __u32 bar_mask[6]; __u16 caps_start; __u16 num_caps;
	__u8 num_msi_vectors; __u8 msi_64bits:1; __u8 msi_maskable:1; __u16 num_msix_vectors; __u16 msix_region_size;
	__u64 msix_address; __u32 shmem_regions_start; __u8 shmem_dev_id; __u8 shmem_peers; __u16 shmem_protocol;
} ${P};
struct jailhouse_pci_capability { __u16 id; __u16 start; __u16 len; __u16 flags; } ${P};
union jailhouse_stream_id { __u32 id; struct { __u16 id; __u16 mask_out; } ${P} mmu500; } ${P};
struct jailhouse_cell_desc {
	char signature[5]; __u8 architecture; __u16 revision; char name[32]; __u32 id; __u32 flags; __u32 cpu_set_size;
	__u32 num_memory_regions; __u32 num_cache_regions; __u32 num_irqchips; __u32 num_pio_regions; __u32 num_pci_devices;
	__u32 num_pci_caps; __u32 num_stream_ids; __u32 vpci_irq_base; __u64 cpu_reset_address; __u64 msg_reply_timeout;
	struct jailhouse_console console;
} ${P};
struct jailhouse_iommu {
	__u32 type; __u64 base; __u32 size;
	union {
		struct { __u16 bdf; __u8 base_cap; __u8 msi_cap; __u32 features; } ${P} amd;
		struct { __u64 tlb_base; __u32 tlb_size; } ${P} tipvu;
	} ${P};
} ${P};
struct jailhouse_system {
	char signature[5]; __u8 architecture; __u16 revision; __u32 flags; struct jailhouse_memory hypervisor_memory;
	struct jailhouse_console debug_console;
	struct {
		__u64 pci_mmconfig_base; __u8 pci_mmconfig_end_bus; __u8 pci_is_virtual; __u16 pci_domain;
		struct jailhouse_iommu iommu_units[8];
		union {
			struct {
				__u16 pm_timer_address; __u8 apic_mode; __u8 padding; __u32 vtd_interrupt_limit; __u32 tsc_khz; __u32 apic_khz;
			} ${P} x86;
			struct {
				__u8 maintenance_irq; __u8 gic_version; __u8 padding[2];
				__u64 gicd_base, gicc_base, gich_base, gicv_base, gicr_base;
			} ${P} arm;
		} ${P};
	} ${P} platform_info;
	struct jailhouse_cell_desc root_cell;
} ${P};
_Static_assert(sizeof(struct jailhouse_system) == 488, "A.11");
_Static_assert(sizeof(struct jailhouse_cell_desc) == 132, "A.1");
`;
