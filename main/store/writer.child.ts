// For runs.test.ts: a process that appends batches to a run, five lines and one event each, until it is killed.
import type { RecordBatch } from './runs.ts';
import { openStore } from './store.ts';

const store = openStore(process.argv[2]!);
const project = store.projects.create({ name: 'x', board: 'b', script: null, layout: {}, files: [] });
const run = store.runs.create(project.id, { pace: 'free' }, null);
process.send!(run.id);
let line = 0;
setInterval(() => {
  const chunks = Array.from({ length: 5 }, () => ({
    console: 'root',
    bytes: new TextEncoder().encode(`line ${line}\n`),
    guestNs: line,
    instructions: line++,
  }));
  const events: RecordBatch['events'] = [
    { guestNs: line, instructions: line, severity: 'info', kind: 'x', sentence: 'x' },
  ];
  store.runs.append(run.id, { consoles: [], chunks, events, counters: [] }, { guestNs: line, hostMs: line });
  process.send!('batch');
}, 1);
