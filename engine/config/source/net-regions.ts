// The four memory regions of a virtual Ethernet link, which the macro JAILHOUSE_SHMEM_NET_REGIONS stands for. Source: ABI
// reference, A.3.
import { MEM_FLAG, type MemoryRegion } from '../model.ts';

export const NET_STATE_SIZE = 0x1000n;
export const NET_OUTPUT_SIZE = 0x7f000n;
export const NET_OUTPUT_OFFSETS = [0x1000n, 0x80000n] as const;

/** State table, no read/write section, output of peer 0, output of peer 1; writable only for its owner. */
export function netRegions(start: bigint, deviceId: number): MemoryRegion[] {
  const region = (offset: bigint, size: bigint, writable: boolean): MemoryRegion => ({
    physStart: start + offset,
    virtStart: start + offset,
    size,
    flags: MEM_FLAG.READ | MEM_FLAG.ROOTSHARED | (writable ? MEM_FLAG.WRITE : 0n),
  });
  return [
    region(0n, NET_STATE_SIZE, false),
    { physStart: 0n, virtStart: 0n, size: 0n, flags: 0n },
    ...NET_OUTPUT_OFFSETS.map((offset, peer) => region(offset, NET_OUTPUT_SIZE, deviceId === peer)),
  ];
}
