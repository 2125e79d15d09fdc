// Address maps in the engine memory, where the translation service searches them.
import type { AddressMap, MapSegment } from '../port.ts';
import { PAGE_SIZE } from '../../util/units.ts';
import { SEGMENT } from './layout.ts';

/** An address map with its place in the engine memory. */
export class SegmentTable implements AddressMap {
  segments: readonly MapSegment[] = [];
  readonly address: number;
  private readonly memory: DataView;
  private readonly changed: (map: SegmentTable) => void;

  /** `changed` is called after each update: TLB entries from the map must go. */
  constructor(memory: WebAssembly.Memory, address: number, changed: (map: SegmentTable) => void) {
    this.memory = new DataView(memory.buffer);
    this.address = address;
    this.changed = changed;
  }

  update(segments: readonly MapSegment[]): void {
    check(segments, this.memory.byteLength);
    segments.forEach(({ start, size, host, writable }, i) => {
      const at = this.address + i * SEGMENT.SIZE;
      const put64 = (offset: number, value: number): void => {
        this.memory.setUint32(at + offset, value % 2 ** 32, true);
        this.memory.setUint32(at + offset + 4, Math.floor(value / 2 ** 32), true);
      };
      put64(SEGMENT.FIRST, start);
      put64(SEGMENT.LAST, start + size - 1);
      this.memory.setUint32(at + SEGMENT.HOST, host, true);
      this.memory.setUint32(at + SEGMENT.WRITABLE, writable ? 1 : 0, true);
    });
    this.segments = [...segments];
    this.changed(this);
  }
}

function check(segments: readonly MapSegment[], memoryBytes: number): void {
  if (segments.length > SEGMENT.MAXIMUM)
    throw new Error(`an address map holds ${SEGMENT.MAXIMUM} segments, not ${segments.length}; merge neighbours`);
  let end = 0;
  for (const { start, size, host } of segments) {
    const where = `segment at 0x${start.toString(16)}`;
    if (start % PAGE_SIZE !== 0 || size % PAGE_SIZE !== 0 || host % PAGE_SIZE !== 0 || size <= 0)
      throw new Error(`${where}: start, size and host offset must be page multiples`);
    if (start < end) throw new Error(`${where} overlaps the one before it or is out of order`);
    if (start + size > 2 ** 48) throw new Error(`${where} ends above 48 address bits`);
    if (host + size > memoryBytes) throw new Error(`${where} ends behind the engine memory`);
    end = start + size;
  }
}
