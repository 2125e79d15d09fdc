// CPU masks as the kernel prints them. Source: ABI reference, E.6 (cpus_assigned, cpus_failed).

/** Hex, 32 bits a group, comma between groups; the first group as wide as nr_cpu_ids needs. */
export function cpuMaskText(cpus: readonly number[], possible: number): string {
  const groups = Math.max(1, Math.ceil(possible / 32));
  const words = new Array<number>(groups).fill(0);
  for (const cpu of cpus) if (cpu < possible) words[cpu >> 5] = (words[cpu >> 5]! | (1 << (cpu & 31))) >>> 0;
  const firstWidth = Math.ceil((possible - 32 * (groups - 1)) / 4);
  return words
    .map((word, index) => word.toString(16).padStart(index === groups - 1 ? firstWidth : 8, '0'))
    .reverse()
    .join(',');
}
