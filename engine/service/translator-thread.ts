// The program of the translator's thread (translator.ts): gets lines, answers what comes on them.
import { parentPort } from 'node:worker_threads';
import type { TranslationRequest } from '../cpu/index.ts';
import { standBehindGuest } from './priority.ts';
import type { Line } from './translator.ts';

export async function serveRequests(): Promise<void> {
  standBehindGuest();
  const { answerRequest } = await import('../cpu/region/background.ts');
  parentPort!.on('message', ({ port, answers }: Line) => {
    port.on('message', (request: TranslationRequest) => {
      port.postMessage(answerRequest(request, () => performance.now()));
      Atomics.add(answers, 0, 1);
    });
  });
}
