// The thread that translates guest code for all runs of this process. It starts when it is first needed, never keeps the
// process alive, and ends with it.
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { BackgroundTranslator, TranslationAnswer, TranslationRequest } from '../cpu/index.ts';

/** The thread's program: from source, or beside the built engine. */
const program = (): URL =>
  new URL(import.meta.url.endsWith('.ts') ? './translator-thread.ts' : './translator.js', import.meta.url);

/** One thread, for any number of machines. */
export class TranslatorThread {
  private readonly worker: Worker;
  private readonly listeners: ((reason: string) => void)[] = [];
  /** Why it does not run. */
  failure: string | undefined;

  /** @throws if the host gives no thread */
  constructor(url = program()) {
    // Few things in it live long, and less room for the others makes it smaller, not slower.
    this.worker = new Worker(url, { resourceLimits: { maxYoungGenerationSizeMb: 4 } });
    this.worker.unref();
    this.worker.on('error', (error) => this.fail(error instanceof Error ? error.message : String(error)));
    this.worker.on('exit', (status) => this.fail(`it ended with ${status}`));
  }

  /** A line of its own for one machine. */
  open(onFailure: (reason: string) => void): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.worker.postMessage(port2, [port2]);
    this.listeners.push(onFailure);
    return port1;
  }

  private fail(reason: string): void {
    if (this.failure !== undefined) return;
    this.failure = reason;
    for (const listener of this.listeners) listener(reason);
  }
}

let shared: TranslatorThread | undefined;

/** A machine's line to the thread. */
export class ThreadedTranslator implements BackgroundTranslator {
  private readonly thread: () => TranslatorThread;
  private port: MessagePort | undefined;
  failed = false;
  /** Told once, if the thread ends or cannot start: its machines translate themselves from then on. */
  onFailure: (reason: string) => void = () => undefined;

  constructor(thread = () => (shared ??= new TranslatorThread())) {
    this.thread = thread;
  }

  /** Starts the thread if it is not running, before there is anything to translate. */
  start(): void {
    if (this.port || this.failed) return;
    try {
      const thread = this.thread();
      if (thread.failure !== undefined) throw new Error(thread.failure);
      this.port = thread.open((reason) => this.fail(reason));
    } catch (error) {
      this.fail((error as Error).message);
    }
  }

  send(request: TranslationRequest): void {
    this.start();
    this.port?.postMessage(request);
  }

  take(): TranslationAnswer | undefined {
    return this.port && (receiveMessageOnPort(this.port)?.message as TranslationAnswer | undefined);
  }

  private fail(reason: string): void {
    this.failed = true;
    this.onFailure(reason);
  }
}
