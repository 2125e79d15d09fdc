// What every macro of the configuration headers and every field of the structures means, in a sentence: for completion and hover in
// the source pane. Keyed by C names; glossary.test.ts holds it against layout.ts and symbols.ts. Source: ABI reference, A.1-A.11, B.6.
import {
  ARM_PLATFORM_LAYOUT,
  CACHE_LAYOUT,
  CELL_LAYOUT,
  CONSOLE_LAYOUT,
  IOMMU_AMD_FIELDS,
  IOMMU_LAYOUT,
  IOMMU_PVU_FIELDS,
  IRQCHIP_LAYOUT,
  MEMORY_LAYOUT,
  PCI_CAP_LAYOUT,
  PCI_DEVICE_LAYOUT,
  PIO_LAYOUT,
  STRUCTURES,
  SYSTEM_LAYOUT,
  TRAILING_ARRAYS,
  X86_PLATFORM_LAYOUT,
  type Field,
  type StructLayout,
} from './layout.ts';
import { BUILTIN_DEFINITIONS } from './source/builtin.ts';

// ---------------------------------------------------------------------------------------------------------------- macros

const MACROS: Record<string, string> = {
  JAILHOUSE_X86: 'x86, 64 bits: Intel VT-x or AMD-V.',
  JAILHOUSE_ARM: 'Arm, 32 bits (Armv7 with virtualization extensions).',
  JAILHOUSE_ARM64: 'Arm, 64 bits (Armv8).',
  JAILHOUSE_CONFIG_REVISION: 'The format that this hypervisor reads.',
  JAILHOUSE_SYSTEM_SIGNATURE: 'First five bytes of a system configuration.',
  JAILHOUSE_CELL_DESC_SIGNATURE: 'First five bytes of a cell configuration.',
  JAILHOUSE_CELL_NAME_MAXLEN: 'Most characters of a cell’s name.',
  JAILHOUSE_MAX_IOMMU_UNITS: 'IOMMU units that a system configuration has room for.',

  JAILHOUSE_SYS_VIRTUAL_DEBUG_CONSOLE: 'The root may read the hypervisor’s console page.',

  JAILHOUSE_CELL_PASSIVE_COMMREG: 'The hypervisor sends this cell no messages and never waits for its answer.',
  JAILHOUSE_CELL_TEST_DEVICE: 'x86: a test device page stands behind the comm region.',
  JAILHOUSE_CELL_AARCH32: 'arm64: the CPUs of this cell start in 32-bit supervisor mode.',
  JAILHOUSE_CELL_VIRTUAL_CONSOLE_PERMITTED: 'The cell may print through the hypervisor (hypercall 8).',
  JAILHOUSE_CELL_VIRTUAL_CONSOLE_ACTIVE: 'The inmate is told to print through the hypervisor.',

  JAILHOUSE_MEM_READ: 'The cell may read.',
  JAILHOUSE_MEM_WRITE: 'The cell may write.',
  JAILHOUSE_MEM_EXECUTE: 'The cell may execute; enforced on x86 only.',
  JAILHOUSE_MEM_DMA: 'Devices of the cell reach it through the IOMMU.',
  JAILHOUSE_MEM_IO: 'Device memory: on Arm mapped as such and left out of cache flushes.',
  JAILHOUSE_MEM_COMM_REGION: 'The cell’s own comm page stands here; the physical address is ignored.',
  JAILHOUSE_MEM_LOADABLE: 'The root may write images into it while the cell is loadable, and loses it at start.',
  JAILHOUSE_MEM_ROOTSHARED: 'Stays mapped in the root, before and after.',
  JAILHOUSE_MEM_NO_HUGEPAGES: 'Mapped with 4 KiB pages only.',
  JAILHOUSE_MEM_IO_UNALIGNED: 'Below a page only: unaligned access is allowed.',
  JAILHOUSE_MEM_IO_8: 'Below a page only: 8-bit access is allowed.',
  JAILHOUSE_MEM_IO_16: 'Below a page only: 16-bit access is allowed.',
  JAILHOUSE_MEM_IO_32: 'Below a page only: 32-bit access is allowed.',
  JAILHOUSE_MEM_IO_64: 'Below a page only: 64-bit access is allowed.',
  JAILHOUSE_MEM_IO_WIDTH_SHIFT: 'An access width in bytes, shifted this far, is its flag.',

  JAILHOUSE_CON_TYPE_NONE: 'No console.',
  JAILHOUSE_CON_TYPE_EFIFB: 'x86: the framebuffer that EFI set up.',
  JAILHOUSE_CON_TYPE_8250: '8250 or 16550 UART.',
  JAILHOUSE_CON_TYPE_PL011: 'Arm PL011 UART.',
  JAILHOUSE_CON_TYPE_XUARTPS: 'UART of Xilinx Zynq and ZynqMP.',
  JAILHOUSE_CON_TYPE_MVEBU: 'UART of Marvell Armada 3700.',
  JAILHOUSE_CON_TYPE_HSCIF: 'Fast serial interface of Renesas R-Car.',
  JAILHOUSE_CON_TYPE_SCIFA: 'Serial interface A of Renesas R-Car.',
  JAILHOUSE_CON_TYPE_IMX: 'UART of NXP i.MX.',
  JAILHOUSE_CON_TYPE_IMX_LPUART: 'Low-power UART of NXP i.MX and Layerscape.',
  JAILHOUSE_CON_TYPE_SCIF: 'Serial interface of Renesas RZ.',
  JAILHOUSE_CON_ACCESS_PIO: 'The address is an I/O port.',
  JAILHOUSE_CON_ACCESS_MMIO: 'The address is a memory address.',
  JAILHOUSE_CON_REGDIST_1: 'Registers stand one byte apart and are accessed with 8 bits.',
  JAILHOUSE_CON_REGDIST_4: 'Registers stand four bytes apart and are accessed with 32 bits.',
  JAILHOUSE_CON_FB_1024x768: 'Framebuffer of 1024 by 768 points.',
  JAILHOUSE_CON_FB_1920x1080: 'Framebuffer of 1920 by 1080 points.',
  JAILHOUSE_CON_INVERTED_GATE: 'The clock runs while the gate bit is clear.',
  JAILHOUSE_CON_MDR_QUIRK: 'Writes 0 to register 8 (MDR1) after the set-up, as TI’s UARTs need it.',

  JAILHOUSE_IOMMU_AMD: 'AMD-Vi.',
  JAILHOUSE_IOMMU_INTEL: 'Intel VT-d.',
  JAILHOUSE_IOMMU_SMMUV3: 'Arm SMMUv3.',
  JAILHOUSE_IOMMU_PVU: 'Peripheral virtualization unit of TI K3.',
  JAILHOUSE_IOMMU_TI_PVU: 'Peripheral virtualization unit of TI K3.',
  JAILHOUSE_IOMMU_ARM_MMU500: 'Arm MMU-500 (SMMUv2).',

  JAILHOUSE_APIC_MODE_AUTO: 'The interrupt controller mode that Linux uses.',
  JAILHOUSE_APIC_MODE_XAPIC: 'Interrupt controller through memory.',
  JAILHOUSE_APIC_MODE_X2APIC: 'Interrupt controller through registers of the CPU.',

  JAILHOUSE_CACHE_L3_CODE: 'Code in the third-level cache.',
  JAILHOUSE_CACHE_L3_DATA: 'Data in the third-level cache.',
  JAILHOUSE_CACHE_L3: 'Code and data in the third-level cache: the only kind that is accepted.',
  JAILHOUSE_CACHE_ROOTSHARED: 'The root keeps these ways as well.',

  JAILHOUSE_PCI_TYPE_DEVICE: 'A function of the board.',
  JAILHOUSE_PCI_TYPE_BRIDGE: 'A bridge of the board.',
  JAILHOUSE_PCI_TYPE_IVSHMEM: 'A virtual function that shares memory with other cells.',
  JAILHOUSE_PCI_EXT_CAP: 'Marks a capability of extended configuration space.',
  JAILHOUSE_PCICAPS_WRITE: 'The cell may write this capability.',
  JAILHOUSE_IVSHMEM_BAR_MASK_INTX: 'BARs of an ivshmem function with a wired interrupt.',
  JAILHOUSE_IVSHMEM_BAR_MASK_MSIX: 'BARs of an ivshmem function with MSI-X.',
  JAILHOUSE_IVSHMEM_BAR_MASK_INTX_64K: 'BARs of an ivshmem function with a wired interrupt, for pages of 64 KiB.',
  JAILHOUSE_IVSHMEM_BAR_MASK_MSIX_64K: 'BARs of an ivshmem function with MSI-X, for pages of 64 KiB.',
  JAILHOUSE_SHMEM_NET_REGIONS:
    'The four memory regions of a virtual Ethernet link that begins at `start`, for the peer `dev_id`.',
  JAILHOUSE_SHMEM_PROTO_UNDEFINED: 'No protocol is stated.',
  JAILHOUSE_SHMEM_PROTO_VETH: 'Virtual Ethernet.',
  JAILHOUSE_SHMEM_PROTO_CUSTOM: 'First number for protocols of one’s own.',
  JAILHOUSE_SHMEM_PROTO_VIRTIO_FRONT: 'Virtio front-end; add the virtio device id.',
  JAILHOUSE_SHMEM_PROTO_VIRTIO_BACK: 'Virtio back-end; add the virtio device id.',
  VIRTIO_DEV_NET: 'Virtio network device.',
  VIRTIO_DEV_BLOCK: 'Virtio block device.',
  VIRTIO_DEV_CONSOLE: 'Virtio console.',
  PIO_RANGE: 'I/O ports from `first` on, so many.',
  ARRAY_SIZE: 'Number of elements of an array.',
  NULL: 'The null pointer.',
  true: '1.',
  false: '0.',
};

/** Capabilities by the names of the PCI specifications. */
const CAPABILITIES: Record<string, string> = {
  PM: 'power management',
  VPD: 'vital product data',
  MSI: 'message signalled interrupts',
  HT: 'HyperTransport',
  VNDR: 'vendor specific',
  DBG: 'debug port',
  SSVID: 'subsystem vendor of a bridge',
  SECDEV: 'secure device',
  EXP: 'PCI Express',
  MSIX: 'MSI-X',
  SATA: 'SATA configuration',
  AF: 'advanced features',
  ERR: 'advanced error reporting',
  VC: 'virtual channel',
  DSN: 'device serial number',
  PWR: 'power budgeting',
  RCLD: 'root complex link declaration',
  RCILC: 'root complex internal link control',
  RCEC: 'root complex event collector',
  MFVC: 'multi-function virtual channel',
  VC9: 'virtual channel, beside the multi-function one',
  RCRB: 'root complex register block',
  CAC: 'configuration access correlation',
  ACS: 'access control services',
  ARI: 'alternative routing-id interpretation',
  ATS: 'address translation services',
  SRIOV: 'single-root I/O virtualization',
  MRIOV: 'multi-root I/O virtualization',
  MCAST: 'multicast',
  PRI: 'page request interface',
  AMD_XXX: 'reserved for AMD',
  REBAR: 'resizable BARs',
  DPA: 'dynamic power allocation',
  TPH: 'transaction processing hints',
  LTR: 'latency tolerance reporting',
  SECPCI: 'secondary PCI Express',
  PMUX: 'protocol multiplexing',
  PASID: 'process address space id',
  DPC: 'downstream port containment',
  L1SS: 'L1 power substates',
  PTM: 'precision time measurement',
};

const capability = (name: string): string | undefined => {
  const [, extended, id] = /^PCI_(EXT_)?CAP_ID_(\w+)$/.exec(name) ?? [];
  const title = id === undefined ? undefined : CAPABILITIES[id];
  return title && `${extended ? 'Extended capability' : 'Capability'}: ${title}.`;
};

/** A macro of the headers: how it is written in a definition, what it stands for, and what that means. */
export interface MacroEntry {
  name: string;
  /** For function-like macros: `(start, dev_id)`. */
  parameters: string;
  replacement: string;
  meaning: string;
}

export const MACRO_GLOSSARY: ReadonlyMap<string, MacroEntry> = new Map(
  BUILTIN_DEFINITIONS.map(([definition, replacement]) => {
    const [, name, parameters] = /^(\w+)(\(.*\))?$/.exec(definition)!;
    const meaning = MACROS[name!] ?? capability(name!) ?? '';
    return [name!, { name: name!, parameters: parameters ?? '', replacement, meaning }];
  }),
);

// ---------------------------------------------------------------------------------------------------------------- fields

const SIGNATURE = 'Says what kind of file this is.';
const ARCHITECTURE = 'For which architecture this configuration is.';
const REVISION = 'Revision of the format: the driver refuses any other.';

const FIELDS: Record<string, Record<string, string>> = {
  [MEMORY_LAYOUT.c]: {
    phys_start: 'Where the memory is on the board; ignored for the comm region.',
    virt_start: 'Where the cell sees it (guest-physical address).',
    size: 'Bytes. What is not whole pages is trapped access by access instead of mapped.',
    flags: 'What the cell may do with it, and who else has it.',
  },
  [CONSOLE_LAYOUT.c]: {
    address: 'First register, in memory or as an I/O port.',
    size: 'Bytes of the register window; unused for I/O ports.',
    type: 'Which UART it is.',
    flags: 'How its registers are reached.',
    divider: 'Baud rate divider; 0 leaves the UART as the boot loader set it up.',
    gate_nr: 'Bit of the clock gate register that switches the UART on.',
    clock_reg: 'Address of the clock gate register; 0: there is none.',
  },
  [CACHE_LAYOUT.c]: {
    start: 'First bit of the capacity mask (Intel CAT).',
    size: 'Number of bits of the capacity mask.',
    type: 'Which cache; only L3 for both is accepted.',
    padding: 'Unused.',
    flags: 'Whether the root keeps these ways.',
  },
  [IRQCHIP_LAYOUT.c]: {
    address: 'Arm: base of the GIC distributor; an entry with another address is ignored. x86: base of the IOAPIC.',
    id: 'x86: IOMMU unit and requester id of the IOAPIC. Unused on Arm.',
    pin_base: 'Interrupt of the first bit. Arm: a GIC id, SPI plus 32, a multiple of 32. x86: 0.',
    pin_bitmap: 'Bit b of word w gives the cell interrupt pin_base + 32 w + b.',
  },
  [PIO_LAYOUT.c]: { base: 'First I/O port.', length: 'Number of I/O ports.' },
  [PCI_DEVICE_LAYOUT.c]: {
    type: 'Device, bridge, or virtual function for shared memory.',
    iommu: 'Index of the IOMMU unit that it is behind.',
    domain: 'PCI segment.',
    bdf: 'Bus, device and function: bus << 8 | device << 3 | function.',
    bar_mask: 'Which address bits of each BAR can be written.',
    caps_start: 'Index of its first entry in the list of capabilities.',
    num_caps: 'Number of its entries in the list of capabilities.',
    num_msi_vectors: 'Number of MSI vectors.',
    msi_bits: 'Kind of MSI: bit 0 addresses of 64 bits, bit 1 maskable.',
    msi_64bits: 'MSI addresses have 64 bits.',
    msi_maskable: 'MSI vectors can be masked one by one.',
    num_msix_vectors: 'Number of MSI-X vectors.',
    msix_region_size: 'Bytes of the MSI-X table, whole pages.',
    msix_address: 'Where the MSI-X table is on the board; 0: there is none.',
    shmem_regions_start: 'ivshmem: index of its first memory region, the state table.',
    shmem_dev_id: 'ivshmem: which peer of the link this cell is.',
    shmem_peers: 'ivshmem: number of peers that the link has room for.',
    shmem_protocol: 'ivshmem: what is spoken over the link.',
  },
  [PCI_CAP_LAYOUT.c]: {
    id: 'Which capability it is; extended ones carry 0x8000.',
    start: 'Where it is in configuration space.',
    len: 'Its bytes.',
    flags: 'Whether the cell may write it.',
  },
  [CELL_LAYOUT.c]: {
    signature: SIGNATURE,
    architecture: ARCHITECTURE,
    revision: REVISION,
    name: 'What the cell is called: at most 31 characters, unique.',
    id: '0 in the file; the driver fills it in.',
    flags: 'How the hypervisor treats the cell.',
    cpu_set_size: 'Bytes of the CPU set.',
    num_memory_regions: 'Number of memory regions.',
    num_cache_regions: 'Number of cache regions.',
    num_irqchips: 'Number of irqchip entries.',
    num_pio_regions: 'Number of I/O port ranges.',
    num_pci_devices: 'Number of PCI functions.',
    num_pci_caps: 'Number of PCI capabilities.',
    num_stream_ids: 'Number of stream ids.',
    vpci_irq_base: 'Arm: first of the four SPIs of the virtual PCI host, counted as SPI (GIC id minus 32).',
    cpu_reset_address: 'Where the cell’s first CPU starts (guest-physical).',
    msg_reply_timeout: 'How often the hypervisor looks for an answer of the cell; 0: for ever.',
    console: 'The UART that the inmate is told to use.',
  },
  [IOMMU_LAYOUT.c]: {
    type: 'Which IOMMU it is.',
    base: 'First register; 0 ends the list.',
    size: 'Bytes of its registers.',
    specific: 'What AMD’s IOMMU and TI’s PVU need beside.',
    'amd.bdf': 'PCI function of the IOMMU.',
    'amd.base_cap': 'Offset of its capability in configuration space.',
    'amd.msi_cap': 'Offset of its MSI capability.',
    'amd.features': 'Its feature bits.',
    'tipvu.tlb_base': 'First register of its TLBs.',
    'tipvu.tlb_size': 'Bytes of the registers of its TLBs.',
  },
  [X86_PLATFORM_LAYOUT.c]: {
    pm_timer_address: 'I/O port of the ACPI power management timer.',
    apic_mode: 'How the local interrupt controller is reached.',
    padding: 'Unused.',
    vtd_interrupt_limit: 'Entries of the interrupt remapping table.',
    tsc_khz: 'Rate of the time stamp counter; 0: the driver fills it in.',
    apic_khz: 'Rate of the local interrupt controller’s timer; 0: the driver fills it in.',
    rest: 'Unused.',
  },
  [ARM_PLATFORM_LAYOUT.c]: {
    maintenance_irq: 'GIC id of the maintenance interrupt, on most boards 25.',
    gic_version: '2 or 3.',
    padding: 'Unused.',
    gicd_base: 'The GIC’s distributor.',
    gicc_base: 'GICv2: the CPU interface.',
    gich_base: 'GICv2: the hypervisor’s interface.',
    gicv_base: 'GICv2: the virtual CPU interface.',
    gicr_base: 'GICv3: the first redistributor.',
  },
  [SYSTEM_LAYOUT.c]: {
    signature: SIGNATURE,
    architecture: ARCHITECTURE,
    revision: REVISION,
    flags: 'How the hypervisor treats the whole system.',
    hypervisor_memory: 'Memory that the hypervisor keeps for itself; Linux must not use it.',
    debug_console: 'Where the hypervisor prints.',
    platform_info: 'What the hypervisor must know of the board.',
    'platform_info.pci_mmconfig_base': 'PCI configuration space in memory; 0: there is none.',
    'platform_info.pci_mmconfig_end_bus': 'Last bus in it, 1 MiB a bus.',
    'platform_info.pci_is_virtual': '1: nothing is behind it, the hypervisor emulates all of it.',
    'platform_info.pci_domain': 'PCI segment; 0xffff lets Linux choose.',
    'platform_info.iommu_units': 'IOMMUs of the board, up to the first without a base.',
    root_cell: 'The cell that Linux becomes when the hypervisor is enabled.',
  },
};

/** What trailing arrays hold, by the member that sources give them by custom. */
const ARRAYS: Record<string, string> = {
  cpus: 'CPUs as a bitmap: bit n is logical CPU n.',
  mem_regions: 'Memory and devices that the cell reaches.',
  cache_regions: 'Ways of the last-level cache (Intel CAT).',
  irqchips: 'Interrupt lines of the cell.',
  pio_regions: 'I/O ports of the cell (x86).',
  pci_devices: 'PCI functions of the cell.',
  pci_caps: 'Capabilities of the PCI functions.',
  stream_ids: 'Streams of devices behind an SMMU or PVU.',
};

/** A member that an initialiser can name in one structure. */
export interface MemberEntry {
  /** C name; dots reach into nested structures. */
  c: string;
  meaning: string;
  field: Field;
}

const entries = ({ c, fields }: Pick<StructLayout, 'c' | 'fields'>): MemberEntry[] =>
  fields.flatMap((field): MemberEntry[] => {
    const meaning = (name: string): string => FIELDS[c]?.[name] ?? '';
    if (field.type.kind === 'scalar' && field.type.bits)
      return field.type.bits.map((bit) => ({ c: bit.c, meaning: meaning(bit.c), field }));
    return [{ c: field.c, meaning: meaning(field.c), field }];
  });

/** The unions of the headers, member by member. */
const iommu = { ...IOMMU_LAYOUT, fields: [...IOMMU_LAYOUT.fields, ...IOMMU_AMD_FIELDS, ...IOMMU_PVU_FIELDS] };
const platforms = [X86_PLATFORM_LAYOUT, ARM_PLATFORM_LAYOUT];

/** Members of every structure of the headers, by the structure's tag. */
export const STRUCT_GLOSSARY: ReadonlyMap<string, readonly MemberEntry[]> = new Map(
  [...STRUCTURES.map((layout) => (layout === IOMMU_LAYOUT ? iommu : layout)), ...platforms].map((layout) => [
    layout.c,
    entries(layout),
  ]),
);

/** What a field of the model means, by its key in a structure; for `config show`-like places that know no C name. */
export const meaningOf = (tag: string, key: string): string | undefined =>
  STRUCT_GLOSSARY.get(tag)?.find(({ field }) => field.key === key)?.meaning || undefined;

/** The trailing arrays of a cell, with what they hold. */
export const ARRAY_GLOSSARY = TRAILING_ARRAYS.map((array) => ({ ...array, meaning: ARRAYS[array.c] ?? '' }));
