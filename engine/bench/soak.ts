// A guest that generates code without end, for as long as one likes: whether the engine's memory grows and whether it still
// does what it is asked at once. `npm run bench -- --soak MINUTES`.
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { EngineUnderTest, GENERATES_CODE, START_TIMEOUT_MS } from './response.ts';

/** One minute of it. */
export interface SoakMinute {
  minute: number;
  /** Resident memory of the engine process at its end, MiB; null where the host does not tell. */
  residentMiB: number | null;
  /** Of the minute's requests to pause, host milliseconds. */
  worstPauseMs: number;
}

const PAUSES_A_MINUTE = 12;

/** Linux tells in /proc; other hosts are not asked. */
function residentMiB(process: number): number | null {
  try {
    const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${process}/status`, 'utf8'))?.[1];
    return kib === undefined ? null : Math.round(Number(kib) / 1024);
  } catch {
    return null;
  }
}

/** @param report called with each minute as it ends */
export async function soak(minutes: number, report: (minute: SoakMinute) => void): Promise<void> {
  const engine = new EngineUnderTest(GENERATES_CODE);
  try {
    engine.command({ type: 'attach' });
    await engine.until(({ type }) => type === 'snapshot', START_TIMEOUT_MS);
    for (let minute = 1; minute <= minutes; minute++) {
      let worstPauseMs = 0;
      for (let n = 0; n < PAUSES_A_MINUTE; n++) {
        await Promise.race([pause(60_000 / PAUSES_A_MINUTE), engine.failed.promise]);
        worstPauseMs = Math.max(worstPauseMs, await engine.pauseAndResume());
      }
      report({ minute, residentMiB: residentMiB(engine.processId), worstPauseMs });
    }
  } finally {
    engine.end();
  }
}
