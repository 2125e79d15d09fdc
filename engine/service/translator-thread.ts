// The program of the translator's thread (translator.ts): gets lines, answers what comes on them.
import { enableCompileCache } from 'node:module';
import type { MessagePort } from 'node:worker_threads';
import { parentPort } from 'node:worker_threads';
import type { TranslationRequest } from '../cpu/index.ts';

enableCompileCache();
const { answerRequest } = await import('../cpu/region/background.ts');

parentPort!.on('message', (line: MessagePort) => {
  line.on('message', (request: TranslationRequest) => {
    line.postMessage(answerRequest(request, () => performance.now()));
  });
});
