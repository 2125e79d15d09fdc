// Which model answers for which device type of a board description, and where it sits on the bus.
import type { BoardDescription, BoardUart } from '../board/index.ts';
import type { InterruptLine } from './api.ts';
import type { SystemBus } from './bus.ts';
import type { DeviceClock } from './devices/clock.ts';
import { Pl011 } from './devices/pl011.ts';
import type { Device } from './api.ts';

/** A device that a person can type into. */
export interface ByteDevice extends Device {
  input(bytes: Iterable<number>): void;
}

export interface DeviceSurroundings {
  clock: DeviceClock;
  interrupt: (spi: number) => InterruptLine;
  output: (uart: string, byte: number) => void;
}

const UNWIRED: InterruptLine = { set: () => undefined };

const UART_MODELS: Record<string, (uart: BoardUart, around: DeviceSurroundings) => ByteDevice> = {
  PL011: (uart, around) =>
    new Pl011({
      name: uart.name,
      clock: around.clock,
      interrupt: uart.spi === undefined ? UNWIRED : around.interrupt(uart.spi),
      output: (byte) => around.output(uart.name, byte),
      ...(uart.clockHz !== undefined && { clockHz: uart.clockHz }),
      ...(uart.receiveInterrupt !== undefined && { receiveInterrupt: uart.receiveInterrupt }),
    }),
};

/** Puts every modelled device of the board on the bus. Types without a model stay holes, which faults name by window. */
export function attachDevices(
  board: BoardDescription,
  bus: SystemBus,
  around: DeviceSurroundings,
): Map<string, ByteDevice> {
  const uarts = new Map<string, ByteDevice>();
  for (const uart of board.uarts) {
    const device = UART_MODELS[uart.type]?.(uart, around);
    if (!device) continue;
    bus.attach(uart.base, uart.size, device);
    uarts.set(uart.name, device);
  }
  return uarts;
}
