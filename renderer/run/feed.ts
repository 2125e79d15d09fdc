// One console of a live run between the engine's messages and whoever shows it: keeps what came since this window attached, so
// that a terminal that is opened later shows the same as one that was there all the time.

export interface FeedChunk {
  bytes: Uint8Array;
  guestNs: number;
}

type Listener = (chunk: FeedChunk) => void;

/** Older chunks than this many bytes are let go; the store has them. */
const KEPT_BYTES = 4 * 1024 * 1024;

export class ConsoleFeed {
  /** Escape sequences that redraw the screen as it was when this window attached. */
  readonly screen: string;
  #chunks: FeedChunk[] = [];
  #size = 0;
  #listeners = new Set<Listener>();

  constructor(screen = '') {
    this.screen = screen;
  }

  push(chunk: FeedChunk): void {
    this.#chunks.push(chunk);
    this.#size += chunk.bytes.length;
    if (this.#size > 2 * KEPT_BYTES) this.#trim();
    for (const listener of this.#listeners) listener(chunk);
  }

  /** Calls back with everything that is kept and then with everything that comes. Returns how to stop. */
  follow(listener: Listener): () => void {
    for (const chunk of this.#chunks) listener(chunk);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #trim(): void {
    let drop = 0;
    while (this.#size > KEPT_BYTES) this.#size -= this.#chunks[drop++]!.bytes.length;
    this.#chunks = this.#chunks.slice(drop);
  }
}
