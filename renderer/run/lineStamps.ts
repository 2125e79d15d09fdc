// When each line of a terminal was begun, in guest time. Lines are counted since the terminal's start, so that the stamps stay with
// their lines while the scrollback is trimmed.

export class LineStamps {
  /** Guest time of each line from `#first` on; NaN where none is known. */
  #stamps: number[] = [];
  #first = 0;
  readonly #kept: number;

  /** @param kept lines that can still be looked at; older stamps are let go */
  constructor(kept: number) {
    this.#kept = kept;
  }

  /** The line (counted from the start) was begun at this guest time. Later calls for a known line change nothing. */
  begin(line: number, guestNs: number): void {
    const at = line - this.#first;
    if (at < 0) return;
    while (this.#stamps.length < at) this.#stamps.push(NaN);
    if (at === this.#stamps.length) this.#stamps.push(guestNs);
    else if (Number.isNaN(this.#stamps[at])) this.#stamps[at] = guestNs;
    if (this.#stamps.length > 2 * this.#kept) {
      const drop = this.#stamps.length - this.#kept;
      this.#stamps = this.#stamps.slice(drop);
      this.#first += drop;
    }
  }

  at(line: number): number | undefined {
    const stamp = this.#stamps[line - this.#first];
    return stamp === undefined || Number.isNaN(stamp) ? undefined : stamp;
  }
}
