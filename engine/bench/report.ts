// What the bench prints: tables for people. The JSON form is in main.ts.
import type { BootResult } from './boot.ts';
import type { KernelResult } from './compare.ts';
import type { ConfigurationsResult } from './configurations.ts';
import type { CpusResult } from './cpus.ts';
import type { ResponseResult } from './response.ts';

const cell = (value: number | null, digits: number): string => (value === null ? '-' : value.toFixed(digits));

export const KERNEL_HEADING = ['kernel', 'MIPS', 'QEMU MIPS', 'ratio'].map((text) => text.padStart(12)).join('');

/** One line of the kernel table. */
export function kernelLine({ name, mips, qemuMips, ratio }: KernelResult): string {
  return [name, cell(mips, 0), cell(qemuMips, 0), cell(ratio, 2)].map((text) => text.padStart(12)).join('');
}

export const meanLine = (title: string, mean: number | null): string =>
  `${title.padStart(12)}${cell(mean, 2).padStart(36)}`;

/** One measurement against its limit. */
export function limitLine(title: string, value: string, limit: string, within: boolean): string {
  return `${title}: ${value} (${within ? 'within' : 'OVER'} ${limit})`;
}

export function configurationLines({ files, seconds, limit, compiler }: ConfigurationsResult): string[] {
  const all = limitLine(
    `${files} configurations read, built and checked`,
    `${seconds.toFixed(2)} s`,
    `${limit} s`,
    seconds <= limit,
  );
  if (!compiler) return [all, 'no compiler to compare with: install it with apt-get install gcc-aarch64-linux-gnu'];
  const title = `gcc and objcopy over ${compiler.files} of them take ${compiler.seconds.toFixed(2)} s; ours`;
  const within = compiler.ratio <= compiler.limit;
  return [all, limitLine(title, compiler.ratio.toFixed(3), `${compiler.limit} of that`, within)];
}

/** An answer to a person: 20 ms, whatever the guest does. */
const RESPONSE_LIMIT_MS = 20;

/** One guest's answers: the median against the limit, and the worst, in which the host's other work shows. */
export function responseLines({ guest, pauseMs, inputMs }: ResponseResult): string[] {
  const line = (what: string, { median, worst }: ResponseResult['pauseMs']): string =>
    limitLine(
      `${what}, guest: ${guest}`,
      `${median.toFixed(1)} ms, at worst ${worst.toFixed(1)} ms`,
      `${RESPONSE_LIMIT_MS} ms`,
      median <= RESPONSE_LIMIT_MS,
    );
  return [line('pause', pauseMs), ...(inputMs ? [line('echo of a character', inputMs)] : [])];
}

/** Several CPUs' rate, of one CPU's, against its limit. */
export function cpusLine({ cpus, kernels, ratio, limit }: CpusResult): string {
  const each = kernels.map((kernel) => `${kernel.name} ${kernel.ratio.toFixed(2)}`).join(', ');
  return limitLine(
    `${cpus} CPUs with the same job, of one CPU's rate`,
    `${ratio.toFixed(2)}; ${each}`,
    `${limit}`,
    ratio >= limit,
  );
}

/** QEMU's time times this is the limit of a boot. */
const BOOT_LIMIT = 1.2;

/** A boot against its limit, or its bare time where there is no QEMU. */
export function bootLine({ seconds, qemuSeconds, ratio }: BootResult): string {
  const title = "Debian's kernel to the start of init";
  if (qemuSeconds === null || ratio === null) return `${title}: ${seconds.toFixed(2)} s`;
  const value = `${seconds.toFixed(2)} s, ${ratio.toFixed(2)} times QEMU's ${qemuSeconds.toFixed(2)} s`;
  return limitLine(title, value, `${BOOT_LIMIT} times`, ratio <= BOOT_LIMIT);
}
