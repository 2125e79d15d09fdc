// A hypervisor over a fake machine, with what it printed and reported: the start of most tests of this room.
import { encode, type CellConfig, type SystemConfig } from '../../config/index.ts';
import type { RunEvent } from '../../contract/record.ts';
import type { Machine } from '../../machine/api.ts';
import { pa } from '../../util/units.ts';
import { boot } from '../boot.ts';
import { HYPERCALL, hypercall } from '../control/hypercalls.ts';
import type { Hypervisor } from '../hypervisor.ts';
import type { Compatibility } from '../quirks.ts';
import { Reporter } from '../report.ts';
import { finish } from '../task.ts';
import { fakeMachine, type FakeMachine } from './fake-machine.ts';
import { rootConfig } from './sample-configs.ts';

/** Where in RAM the modelled Linux keeps a configuration for CELL_CREATE. */
const CONFIG_OFFSET = 0x0800_0000;

export interface Session {
  machine: FakeMachine & Machine;
  hv: Hypervisor;
  result: number;
  events: RunEvent[];
  /** Hypervisor lines since the last call, without carriage returns. */
  printed(): string[];
  call(code: number, arg1?: number, arg2?: number, cpu?: number): number;
  create(config: CellConfig, id?: number): number;
  start(id: number): number;
  destroy(id: number): number;
  load(id: number): number;
}

export function session(
  options: {
    system?: SystemConfig;
    compatibility?: Compatibility;
    machine?: FakeMachine & Machine;
    online?: number[];
  } = {},
): Session {
  const machine = options.machine ?? fakeMachine();
  // The distributor as an operating system leaves it: both groups on.
  machine.gic.writeDistributor(0, 4, 3);
  const events: RunEvent[] = [];
  let text = '';
  const { hypervisor: hv, result } = boot(
    {
      machine,
      system: options.system ?? rootConfig(),
      report: new Reporter(machine, (event) => events.push(event)),
      output: ({ name }, bytes) => {
        if (name === 'hypervisor') text += new TextDecoder().decode(bytes);
      },
      ...(options.compatibility && { compatibility: options.compatibility }),
    },
    0,
    options.online ?? machine.cpus.map(({ index }) => index),
  );
  let next = 1;
  const call = (code: number, arg1 = 0, arg2 = 0, cpu = 0) => finish(machine, hypercall(hv, cpu, code, arg1, arg2));
  return {
    machine,
    hv,
    result,
    events,
    printed() {
      const lines = text.replaceAll('\r\n', '\n').split('\n');
      text = '';
      return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
    },
    call,
    create(config, id = next++) {
      const at = pa(machine.board.ram[0]!.base + CONFIG_OFFSET);
      machine.memory.write(at, encode({ kind: 'cell', cell: { ...config, id } }));
      return call(HYPERCALL.CELL_CREATE, at);
    },
    start: (id) => call(HYPERCALL.CELL_START, id),
    destroy: (id) => call(HYPERCALL.CELL_DESTROY, id),
    load: (id) => call(HYPERCALL.CELL_SET_LOADABLE, id),
  };
}
