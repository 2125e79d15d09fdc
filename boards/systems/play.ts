// Runs a script over a board for the tests of this folder, as `cellblock run` does, and gives what the consoles said.
import { join } from 'node:path';
import { BoardLibrary, LayeredSource, MemorySource } from '../../engine/service/library.ts';
import type { SystemImages } from '../../engine/machine/boot-loader.ts';
import { Run, type RunSetup } from '../../engine/service/run.ts';

export interface Play {
  board: string;
  script: string;
  cpus?: number;
  /** What runs on the bare board; without it the modelled root Linux does. */
  system?: SystemImages;
  /** Files that the script names, beside those of the board's folder. */
  files?: Readonly<Record<string, Uint8Array>>;
  /** Whether, or when, code is translated. */
  jit?: RunSetup['jit'];
}

export interface Played {
  ok: boolean;
  /** Why the script failed, with what the consoles said last. */
  reason: string | undefined;
  /** By console, without carriage returns. */
  said: Readonly<Record<string, string>>;
  digest: string;
  poweredOff: boolean;
  /** Share of all instructions that ran in translated code, 0..1. */
  translated: number;
}

const LAST_LINES = 15;

export function play({ board: name, script, cpus, system, files = {}, jit }: Play): Played {
  const library = new BoardLibrary(join(import.meta.dirname, '..'));
  const board = library.loadWithCpus(name, cpus);
  const run = new Run({
    board,
    files: new LayeredSource(
      new MemorySource(Object.entries(files).map(([path, bytes]) => ({ path, bytes }))),
      library.files(board),
    ),
    script,
    prompt: false,
    ...(system && { system }),
    ...(jit !== undefined && { jit }),
  });
  const said: Record<string, string> = {};
  run.consoles.onOutput(({ name: console }, bytes) => {
    said[console] = (said[console] ?? '') + Buffer.from(bytes).toString('latin1').replaceAll('\r', '');
  });
  run.pump.advance();
  const result = run.scriptResult;
  const last = Object.entries(said).map(
    ([console, text]) => `${console}: ${text.split('\n').slice(-LAST_LINES).join('\n')}`,
  );
  return {
    ok: result?.ok ?? false,
    reason: result?.ok ? undefined : [result?.reason ?? `still waiting for ${run.pump.waitingFor}`, ...last].join('\n'),
    said,
    digest: run.digest(),
    poweredOff: run.poweredOff,
    translated: run.machine.statistics.instructionsInRegions / run.machine.instructions,
  };
}
