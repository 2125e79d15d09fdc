// The thread that translates guest code for all runs of this process. It starts when it is first needed, never keeps the
// process alive, and ends with it.
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { BackgroundTranslator, TranslationAnswer, TranslationRequest } from '../cpu/index.ts';

/** The thread's program: from source, or beside the built engine. */
const program = (): URL =>
  new URL(import.meta.url.endsWith('.ts') ? '../entry/translator.ts' : './translator.js', import.meta.url);

/** One end of a machine's line to the thread. */
export interface Line {
  readonly port: MessagePort;
  /** How many answers the thread has sent, in memory of both: to look there costs nothing, to ask the port does. */
  readonly answers: Int32Array;
}

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
  open(onFailure: (reason: string) => void): Line {
    const { port1, port2 } = new MessageChannel();
    const answers = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const theirs: Line = { port: port2, answers };
    this.worker.postMessage(theirs, [port2]);
    this.listeners.push(onFailure);
    return { port: port1, answers };
  }

  private fail(reason: string): void {
    if (this.failure !== undefined) return;
    this.failure = reason;
    for (const listener of this.listeners) listener(reason);
  }
}

let shared: TranslatorThread | undefined;
const sharedThread = (): TranslatorThread => (shared ??= new TranslatorThread());

/** Starts the thread before there is a machine. Where that fails, the first machine tries again and says why. */
export function startTranslatorThread(): void {
  try {
    sharedThread();
  } catch {
    // Nothing is lost: whoever needs it asks again.
  }
}

/** A machine's line to the thread. */
export class ThreadedTranslator implements BackgroundTranslator {
  private readonly thread: () => TranslatorThread;
  private line: Line | undefined;
  private taken = 0;
  failed = false;
  /** Told once, if the thread ends or cannot start: its machines translate themselves from then on. */
  onFailure: (reason: string) => void = () => undefined;

  constructor(thread = sharedThread) {
    this.thread = thread;
  }

  /** Starts the thread if it is not running, before there is anything to translate. */
  start(): void {
    if (this.line || this.failed) return;
    try {
      const thread = this.thread();
      if (thread.failure !== undefined) throw new Error(thread.failure);
      this.line = thread.open((reason) => this.fail(reason));
    } catch (error) {
      this.fail((error as Error).message);
    }
  }

  send(request: TranslationRequest): void {
    this.start();
    this.line?.port.postMessage(request);
  }

  take(): TranslationAnswer | undefined {
    if (!this.line || Atomics.load(this.line.answers, 0) === this.taken) return undefined;
    this.taken++;
    return receiveMessageOnPort(this.line.port)?.message as TranslationAnswer | undefined;
  }

  private fail(reason: string): void {
    this.failed = true;
    this.onFailure(reason);
  }
}
