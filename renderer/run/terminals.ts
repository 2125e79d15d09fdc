// The terminals of the shown run, made when first looked at and kept until another run is shown.
import type { RunView } from '../state/run.svelte.ts';
import { ConsoleTerminal } from './terminal.ts';

export class Terminals {
  readonly #run: () => RunView;
  readonly #terminals = new Map<string, ConsoleTerminal>();

  constructor(run: () => RunView) {
    this.#run = run;
  }

  of(name: string): ConsoleTerminal {
    let terminal = this.#terminals.get(name);
    if (!terminal) {
      const run = this.#run();
      const kind = run.consoles.find((console) => console.name === name)?.kind ?? 'cell';
      const typed = kind !== 'hypervisor';
      terminal = new ConsoleTerminal(
        run.feed(name),
        kind,
        typed ? (bytes) => run.send({ type: 'input', console: name, bytes }) : undefined,
        (cols, rows) => run.send({ type: 'resize', console: name, cols, rows }),
      );
      this.#terminals.set(name, terminal);
    }
    return terminal;
  }

  dispose(): void {
    for (const terminal of this.#terminals.values()) terminal.dispose();
    this.#terminals.clear();
  }
}
