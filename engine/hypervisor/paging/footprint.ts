// What the hypervisor itself takes from its page pool, so that the "Page pool usage" lines show the reference's figures.
// Source: ABI reference, A.12 (memory order), B.12 (figures), C.1 (parking page), C.4 (windows), B.5 (cell structure).
//
// The model, with the two boards whose figures are known:
//                                                        qemu-arm64 (16 CPUs, GICv3)    rpi4 (4 CPUs, GICv2)
//   per-CPU areas, 4 pages each                                     64                          16
//   system configuration                                             1                           1
//   bitmap of the page pool, bitmap of the remap pool              1 + 4                       1 + 4
//   hypervisor's own tables: three levels, one last-level
//   table per 2 MiB of its memory, one for the console,
//   one for temporary mappings                                  3 + 2 + 1 + 1               3 + 2 + 1 + 1
//   private tables of the first CPU                                  3                           3
//   root cell: comm page, MMIO table                               1 + 1                       1 + 1
//   root cell: stage-2 tables down to the pages that stand
//   for hypervisor memory                                            5                           5
//   -> after early setup                                            87                          39
//   private tables of the other CPUs, 3 each                        45                           9
//   parking page's tables                                            3                           3
//   tables under the GIC's remapped registers                        3 (528 pages)               2 (5 pages)
//   root cell: PCI functions, ivshmem links                        1 + 2                       1 + 2
//   root cell: stage-2 tables for its regions                        3                           5
//   -> after late setup                                            144                          61
//   cell structure with comm page and configuration                                              2
//   inmate-demo: MMIO table, PCI functions, stage-2 tables                                     1 + 1 + 10
//   -> after cell creation                                                                      75
import { MiB, PAGE_SIZE } from '../../util/units.ts';
import { pagesOf } from './page-pool.ts';

/** Image of the hypervisor, header to end of bss: with 4 MiB of memory this leaves T = 994 pages (B.12: 991-994). */
export const CORE_SIZE = 30 * PAGE_SIZE;
export const PERCPU_PAGES = 4;
/** First-, second- and third-level tables that a CPU's private view of the hypervisor needs. */
export const PRIVATE_TABLES = 3;
/** Tables of the identity map that holds nothing but the parking page at guest address 0. */
export const PARKING_TABLES = 3;

const BITS_PER_PAGE = 8 * PAGE_SIZE;
export const bitmapPages = (pages: number): number => Math.ceil(pages / BITS_PER_PAGE);

/** Root, two levels below it, and last-level tables: hypervisor memory is mapped page by page; console and temporary mappings. */
export const ownTables = (hypervisorMemory: number): number => 3 + Math.ceil(hypervisorMemory / (2 * MiB)) + 1 + 1;

/** Tables over `pages` of the remap window, which starts empty: one intermediate and the last-level ones. */
export const remapTables = (pages: number): number =>
  pages === 0 ? 0 : 1 + Math.ceil((pages * PAGE_SIZE) / (2 * MiB));

/** Bytes of a cell's structure beside its comm page, and of the tables that hang on it. */
const CELL_STRUCTURE = 768;
const MMIO_SLOT = 40;
const PCI_FUNCTION = 400;

/** Structure, comm page and copy of the configuration, in one allocation. */
export const cellPages = (configBytes: number): number => pagesOf(PAGE_SIZE + CELL_STRUCTURE + configBytes);
export const mmioPages = (slots: number): number => pagesOf(slots * MMIO_SLOT);
export const pciPages = (functions: number): number => pagesOf(functions * PCI_FUNCTION);
export const IVSHMEM_LINK_PAGES = 1;
