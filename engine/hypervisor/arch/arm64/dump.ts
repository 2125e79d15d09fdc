// The register dump of a faulting CPU, line by line as the reference prints it. Source: ABI reference, B.9.
import type { Cpu } from '../../../cpu/port.ts';
import type { EventDetail } from '../../report.ts';

/** ESR_EL2 in its parts: exception class, instruction length bit, syndrome. */
export const esrParts = (esr: number) => ({
  exceptionClass: (esr >>> 26) & 0x3f,
  il: (esr >>> 25) & 1,
  iss: esr & 0x1ffffff,
});

const hex = (value: bigint | number, digits: number): string => value.toString(16).padStart(digits, '0');

/** Ends with an empty line. */
export function registerDump(cpu: Cpu, esr: number): string {
  const { exceptionClass, il, iss } = esrParts(esr);
  const lines = [
    'Cell state before exception:',
    ` pc: ${hex(cpu.pc, 16)}   lr: ${hex(cpu.x(30), 16)} spsr: ${hex(cpu.pstate, 8)}     EL${(cpu.pstate >>> 2) & 3}`,
    ` sp: ${hex(cpu.sp, 16)}  elr: ${hex(cpu.systemRegister('ELR_EL1'), 16)}` +
      `  esr: ${hex(exceptionClass, 2)} ${hex(il, 1)} ${hex(iss, 7)}`,
  ];
  for (let n = 0; n < 30; n += 3)
    lines.push([n, n + 1, n + 2].map((i) => `${`x${i}`.padStart(3)}: ${hex(cpu.x(i), 16)}`).join('  '));
  return `${lines.join('\n')}\n\n`;
}

/** The same for programs: an event's detail. */
export function registerDetail(cpu: Cpu, esr: number): EventDetail {
  const detail: EventDetail = {
    pc: `0x${hex(cpu.pc, 16)}`,
    pstate: `0x${hex(cpu.pstate, 8)}`,
    sp: `0x${hex(cpu.sp, 16)}`,
    elr: `0x${hex(cpu.systemRegister('ELR_EL1'), 16)}`,
    esr: `0x${hex(esr >>> 0, 8)}`,
  };
  for (let n = 0; n <= 30; n++) detail[`x${n}`] = `0x${hex(cpu.x(n), 16)}`;
  return detail;
}
