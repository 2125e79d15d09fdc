// Where the reference behaves in a way that nobody would want, we do the sane thing by default, and a compatibility switch
// gives the reference's way. Where a quirk is part of the contract it is kept. Source: ABI reference, section K.

interface Quirk {
  /** Item of section K. */
  readonly item: number;
  /** What the reference does. */
  readonly reference: string;
  /** What we do by default; absent when the quirk is kept. */
  readonly sane?: string;
}

/** Quirks that a switch selects: absent or false gives `sane`, true gives `reference`. */
export const QUIRKS = {
  foreignArchitectureCreatesNothing: {
    item: 1,
    reference: 'CELL_CREATE with a foreign architecture byte is logged and answers 0 without creating anything',
    sane: 'answers EINVAL',
  },
  commRevisionFailureBlocks: {
    item: 2,
    reference: 'a cell in state 4 (comm ABI mismatch) never answers, and a management call waits for it',
    sane: 'state 4 counts as terminal like 2 and 3: the call is approved at once',
  },
  contextIdInX1Only: {
    item: 5,
    reference: 'the context id of PSCI CPU_ON arrives in x1',
    sane: 'it arrives in x0, where PSCI puts it, and in x1, where inmates of the reference look',
  },
  workaround2ReturnsTrapStatus: {
    item: 5,
    reference: 'SMCCC_ARCH_WORKAROUND_2 returns its value as the trap status and parks the CPU',
    sane: 'the value goes to x0 and the call is handled',
  },
  bar1WithoutMsix: {
    item: 8,
    reference: 'ivshmem registers its MSI-X window even for INTx devices, at guest address 0 when BAR1 is 0',
    sane: 'a device without MSI-X vectors has no such window',
  },
  intxIntoForeignSpi: {
    item: 9,
    reference: 'ivshmem INTx makes an SPI pending that the receiving cell does not own',
    sane: 'such an interrupt is dropped and reported',
  },
  initrdNotCounted: {
    item: 14,
    reference: 'cell linux forgets the size of the initrd when it chooses RAM',
    sane: 'it counts',
  },
  failedCreateKeepsPciClaimed: {
    item: 16,
    reference: 'a failed CELL_CREATE leaves PCI devices bound to the stub driver',
    sane: 'they are given back',
  },
  disableDestroysBeforeChecking: {
    item: 26,
    reference: 'disable with an offline root CPU destroys all cells and then fails with EBUSY',
    sane: 'the check comes first and nothing is destroyed',
  },
  rootFaultParksCpu: {
    item: 25,
    reference: 'loading into memory that no root region covers is an access violation of the root and parks its CPU',
    sane: 'the load is refused with EFAULT and a sentence',
  },
} as const satisfies Record<string, Quirk>;

/** Quirks that are contract or harmless: the same with every setting. */
export const KEPT_QUIRKS: readonly Quirk[] = [
  { item: 3, reference: 'a multi-CPU cell with one crashed CPU stays in its former state' },
  { item: 4, reference: 'the message word is written to stopped cells too' },
  { item: 7, reference: 'memory, SPIs and ports are not exclusive between non-root cells (an event warns)' },
  { item: 9, reference: 'ivshmem links by bdf only; section sizes and peer counts are not compared (an event warns)' },
  { item: 10, reference: 'rejected ECAM accesses always say "write"' },
  { item: 12, reference: '`cell list` sorts as text and keeps trailing blanks' },
  { item: 14, reference: 'cell linux issues one LOAD for each image, and each asks the cell to shut down' },
  { item: 17, reference: '`jailhouse console` without hypervisor and saved log exits 1 with the text of EAGAIN' },
  { item: 19, reference: 'every character of hypercall 8 is one VM exit' },
  { item: 20, reference: 'CPU_GET_INFO counters have 31 bits' },
];

export type QuirkName = keyof typeof QUIRKS;
/** Which quirks of the reference are wanted. */
export type Compatibility = Readonly<Partial<Record<QuirkName, boolean>>>;
