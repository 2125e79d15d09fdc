// The root shell over a fake or a real machine, for tests: what it said, and scripts run to their end.
import { encode, type CellConfig, type SystemConfig } from '../config/index.ts';
import type { RunEvent } from '../contract/record.ts';
import { JailhouseDriver } from '../driver/index.ts';
import { finish, type Compatibility } from '../hypervisor/index.ts';
import { fakeMachine } from '../hypervisor/testing/fake-machine.ts';
import { inmateDemo, rootConfig } from '../hypervisor/testing/sample-configs.ts';
import type { Machine } from '../machine/api.ts';
import { RootShell } from './shell/shell.ts';

export const systemFile = (system: SystemConfig): Uint8Array => encode({ kind: 'system', system });
export const cellFile = (cell: CellConfig): Uint8Array => encode({ kind: 'cell', cell });

type TestFiles = Record<string, Uint8Array | string>;

/** With CPUs that only hold registers: guests are what the test does. */
export const shellSession = (files: TestFiles = {}, options: { compatibility?: Compatibility } = {}) =>
  sessionOn(fakeMachine(), files, options.compatibility);

export function sessionOn<M extends Machine>(machine: M, files: TestFiles, compatibility?: Compatibility) {
  const events: RunEvent[] = [];
  const shown: Record<string, string> = {};
  const all = new Map<string, Uint8Array>(
    Object.entries({
      'root.cell': systemFile(rootConfig()),
      'inmate-demo.cell': cellFile(inmateDemo()),
      'inmate.bin': new Uint8Array(64).fill(0x5a),
      ...files,
    }).map(([path, content]) => [path, typeof content === 'string' ? new TextEncoder().encode(content) : content]),
  );
  const observers: RootShell[] = [];
  const output = ({ name }: { name: string }, bytes: Uint8Array) => {
    shown[name] = (shown[name] ?? '') + new TextDecoder().decode(bytes);
    for (const shell of observers) shell.observe(name, bytes);
  };
  const driver = new JailhouseDriver({
    machine,
    output,
    onEvent: (event) => events.push(event),
    ...(compatibility && { compatibility }),
  });
  const shell = new RootShell({
    driver,
    output,
    files: { read: (path) => all.get(path), list: (path) => (path === '.' ? [...all.keys()] : undefined) },
  });
  observers.push(shell);
  return {
    machine,
    driver,
    shell,
    events,
    shown,
    run: (script: string) => finish(machine, shell.script(script)),
    /** What the root console said to these lines, without prompts and echo. */
    say(script: string): string {
      const before = (shown['root'] ?? '').length;
      finish(machine, shell.script(script));
      return shown['root']!.slice(before)
        .replaceAll('\r\n', '\n')
        .split('\n')
        .filter((text) => !text.startsWith(shell.prompt))
        .join('\n');
    },
  };
}
