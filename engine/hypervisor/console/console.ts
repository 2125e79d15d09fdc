// Where everything that the hypervisor prints goes: the debug UART (\n becomes \r\n), the ring that the root may read,
// and the run's `hypervisor` console. Source: ABI reference, B.11.
import type { ConsoleInfo } from '../../contract/record.ts';
import type { DebugUart } from './uart.ts';
import { ConsoleRing } from './ring.ts';

/** The run's consoles as this room and those above write them; the service provides it. Kinds as in the contract. */
export type ConsoleOutput = (info: ConsoleInfo, bytes: Uint8Array) => void;

export const HYPERVISOR_CONSOLE: ConsoleInfo = { name: 'hypervisor', kind: 'hypervisor' };

const LF = 0x0a;
const CR = 0x0d;

export class HypervisorConsole {
  readonly ring = new ConsoleRing();
  readonly #output: ConsoleOutput;
  readonly #uart: DebugUart;

  constructor(output: ConsoleOutput, uart: DebugUart) {
    this.#output = output;
    this.#uart = uart;
  }

  /** Prints text as given; lines end with \n. */
  print(text: string): void {
    this.putBytes(new TextEncoder().encode(text));
  }

  putBytes(bytes: Uint8Array): void {
    const onWire = withCarriageReturns(bytes);
    for (const byte of bytes) this.ring.put(byte);
    for (const byte of onWire) this.#uart.send(byte);
    this.#output(HYPERVISOR_CONSOLE, onWire);
  }
}

/** Each \n as \r\n. */
export function withCarriageReturns(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (const byte of bytes) {
    if (byte === LF) out.push(CR);
    out.push(byte);
  }
  return Uint8Array.from(out);
}
