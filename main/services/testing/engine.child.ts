// A tiny engine process for the tests of main: obeys the lines of its script, one after the other, and echoes what windows type.
//   print CONSOLE TEXT · event SENTENCE · finish · refuse REASON · die CODE · throw · hang · noise · files
import { setTimeout as sleep } from 'node:timers/promises';
import { NO_STATISTICS } from '../../../engine/contract/index.ts';
import type { ConsoleChunk, EngineReport, RunEvent, RunRequest, RunResult } from '../../../engine/contract/index.ts';

const send = (message: unknown): void => void process.send!(message);
const report = (message: EngineReport) => send(message);
let guestNs = 0;
const windows = new Set<number>();

const heartbeat = setInterval(() => report({ type: 'heartbeat', guestNs, phase: 'running' }), 5);

const chunk = (console: string, text: string): ConsoleChunk => {
  guestNs += 1000;
  return { console, bytes: new TextEncoder().encode(text), guestNs, instructions: guestNs };
};

function record(chunks: ConsoleChunk[], events: RunEvent[] = []): void {
  const consoles = chunks.map(({ console }) => ({
    name: console,
    kind: console === 'root' ? ('root' as const) : ('cell' as const),
  }));
  report({
    type: 'record',
    consoles,
    chunks,
    events,
    counters: [{ guestNs, cell: 'root', counters: { vmexits_total: 1 } }],
  });
  for (const port of windows)
    for (const [index, one] of chunks.entries())
      send({ type: 'portMessage', port, message: { type: 'console', info: consoles[index], chunk: one } });
}

const result = (): RunResult => ({
  result: 'passed',
  guestSeconds: guestNs / 1e9,
  hostSeconds: 0,
  instructions: guestNs,
  counters: {},
  events: [],
  statistics: NO_STATISTICS,
  digest: 'f'.repeat(64),
});

async function obey(line: string, request: RunRequest): Promise<void> {
  const [word, ...rest] = line.split(' ');
  const text = rest.join(' ');
  switch (word) {
    case 'print':
      return record([chunk(rest[0]!, `${rest.slice(1).join(' ')}\n`)]);
    case 'event':
      return record([], [{ guestNs, instructions: guestNs, severity: 'info', kind: 'test', sentence: text }]);
    case 'files':
      return record([chunk('root', `${request.files.map((file) => `${file.path}:${file.bytes.length}`).join(' ')}\n`)]);
    case 'finish':
      clearInterval(heartbeat);
      return report({ type: 'finished', result: result() });
    case 'refuse':
      return report({ type: 'refused', reason: text });
    case 'die':
      // The reports before this one must reach main all the same.
      process.disconnect();
      return process.exit(Number(text));
    case 'throw':
      throw new TypeError('the test engine was told to throw');
    case 'hang':
      await sleep(20);
      for (;;);
    case 'noise':
      send({ type: 'record', consoles: 'x' });
      send(17);
      return;
  }
}

process.on(
  'message',
  (message: { type: string; port: number; message: { type: string; bytes?: Uint8Array }; request: RunRequest }) => {
    if (message.type === 'start')
      void (async () => {
        for (const line of (message.request.script ?? '').split('\n')) await obey(line, message.request);
      })();
    if (message.type === 'port') windows.add(message.port);
    if (message.type === 'portClosed') windows.delete(message.port);
    if (message.type === 'portMessage') {
      if (message.message.type === 'attach')
        send({ type: 'portMessage', port: message.port, message: { type: 'status', windows: windows.size } });
      if (message.message.type === 'input') record([chunk('root', new TextDecoder().decode(message.message.bytes))]);
      if (message.message.type === 'stop') report({ type: 'finished', result: { ...result(), result: 'stopped' } });
    }
  },
);
process.on('disconnect', () => process.exit(0));
