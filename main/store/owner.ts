// Which main process something belongs to, as text that outlives it: process id and, where the system tells (Linux, proc(5), field 22 of
// /proc/PID/stat), its start time, because process ids come round again.
import { readFileSync } from 'node:fs';

function startTime(pid: number): string {
  try {
    // The command in field 2 may contain anything; the fields after its last `)` do not.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

export const thisProcess = (): string => `${process.pid}@${startTime(process.pid)}`;

/** True while the process that `thisProcess` named runs. */
export function isRunning(owner: string): boolean {
  const [pid, started] = owner.split('@');
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // EPERM: it is there, but another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return startTime(Number(pid)) === started;
}
