// Puts the devices of a board description on the bus, each answered by the model of its type.
import type { BoardDescription, BoardUart } from '../board/index.ts';
import { pa } from '../util/units.ts';
import type { Device } from './api.ts';
import type { SystemBus } from './bus.ts';
import { DEVICE_MODELS, pciWindows, UNWIRED } from './devices/models.ts';
import type { DeviceConnections } from './devices/models.ts';
import { Pl011 } from './devices/pl011.ts';
import { CadenceUart } from './devices/serial/cadence.ts';
import { ImxUart } from './devices/serial/imx.ts';
import { Lpuart } from './devices/serial/lpuart.ts';
import { MvebuUart } from './devices/serial/mvebu.ts';
import { Ns16550 } from './devices/serial/ns16550.ts';
import type { SerialOptions } from './devices/serial/port.ts';
import { SciUart } from './devices/serial/sci.ts';

/** A device that a person can type into. */
export interface ByteDevice extends Device {
  input(bytes: Iterable<number>): void;
  /** What was typed and has not reached its FIFO: it outlives a reset of the device. */
  readonly unreceived?: readonly number[];
}

export interface DeviceSurroundings extends DeviceConnections {
  output: (uart: string, byte: number) => void;
}

const serial = (uart: BoardUart, around: DeviceSurroundings): SerialOptions => ({
  name: uart.name,
  interrupt: uart.spi === undefined ? UNWIRED : around.interrupt(uart.spi),
  output: (byte) => around.output(uart.name, byte),
});

/** Models by console type. */
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
  '8250': (uart, around) => new Ns16550({ ...serial(uart, around), stride: uart.stride ?? 1 }),
  XUARTPS: (uart, around) => new CadenceUart(serial(uart, around)),
  MVEBU: (uart, around) => new MvebuUart(serial(uart, around)),
  IMX: (uart, around) => new ImxUart(serial(uart, around)),
  IMX_LPUART: (uart, around) => new Lpuart(serial(uart, around)),
  SCIF: (uart, around) => new SciUart({ ...serial(uart, around), kind: 'SCIF' }),
  HSCIF: (uart, around) => new SciUart({ ...serial(uart, around), kind: 'HSCIF' }),
  SCIFA: (uart, around) => new SciUart({ ...serial(uart, around), kind: 'SCIFA' }),
};

/**
 * Attaches every modelled device. Types without a model stay holes in the bus, which faults name by window.
 * @returns the wires by name
 */
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
  for (const device of board.devices) {
    const model = DEVICE_MODELS[device.type]?.(device, around);
    if (model) bus.attach(device.base, device.size, model);
  }
  board.pci.forEach((host, n) => {
    for (const { base, size, device } of pciWindows(host, `pci${n}`)) bus.attach(pa(base), size, device);
  });
  return uarts;
}
