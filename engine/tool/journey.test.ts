// Whole journeys on the real machine and processor: tiny inmates, assembled by hand, from `enable` to `disable`.
import { describe, expect, it } from 'vitest';
import { CELL_FLAG, type CellConfig } from '../config/index.ts';
import { plainCell, rootConfig } from '../hypervisor/testing/sample-configs.ts';
import { qemuArm64 } from '../hypervisor/testing/fake-machine.ts';
import { BoardMachine } from '../machine/machine.ts';
import { pa } from '../util/units.ts';
import { cellFile, sessionOn, systemFile } from './testing.ts';

const RAM = 0x7fa0_0000;

/** A64 words, least significant byte first. */
const code = (...words: number[]): Uint8Array => new Uint8Array(Uint32Array.from(words).buffer);

/** Writes "Hi\n" to the PL011 and stays. */
const HELLO = code(
  0xd2a12001, // mov  x1, #0x09000000
  0x52800902, // mov  w2, #'H'
  0x39000022, // strb w2, [x1]
  0x52800d22, // mov  w2, #'i'
  0x39000022, // strb w2, [x1]
  0x52800142, // mov  w2, #'\n'
  0x39000022, // strb w2, [x1]
  0x14000000, // b    .
);

/** Prints "virtual\n" by hypercall 8. */
const PUTC = code(
  0x100000e4, //    adr  x4, text
  0x38401481, // 1: ldrb w1, [x4], #1
  0x34000081, //    cbz  w1, 2f
  0xd2800100, //    mov  x0, #8
  0xd4094902, //    hvc  #0x4a48
  0x17fffffc, //    b    1b
  0x14000000, // 2: b    2b
  0x74726976, // text: .asciz "virtual\n"
  0x0a6c6175,
  0,
);

/** Starts CPU 2 by PSCI, which stores x0, x1 and its MPIDR at 0x108; its own result goes to 0x100. */
const SMP = code(
  0x52800060, // mov  w0, #3
  0x72b88000, // movk w0, #0xc400, lsl #16
  0xd2800041, // mov  x1, #2
  0x100000c2, // adr  x2, second
  0xd2800aa3, // mov  x3, #0x55
  0xd4000003, // smc  #0
  0xd2802005, // mov  x5, #0x100
  0xf90000a0, // str  x0, [x5]
  0x14000000, // b    .
  0xd2802105, // second: mov x5, #0x108
  0xa90004a0, // stp  x0, x1, [x5]
  0xd53800a6, // mrs  x6, mpidr_el1
  0xf90008a6, // str  x6, [x5, #16]
  0x14000000, // b    .
);

/** Stores to memory that is not the cell's. */
const TRESPASS = code(
  0xd2824693, // mov  x19, #0x1234
  0xd280085e, // mov  x30, #0x42
  0xd2af8001, // mov  x1, #0x7c000000
  0xb9000833, // str  w19, [x1, #8]
  0x14000000, // b    .
);

/** Polls the comm region and approves whatever is asked. */
const AGREE = code(
  0xd2b00001, //    mov  x1, #0x80000000
  0xb9400c22, // 1: ldr  w2, [x1, #12]
  0x34ffffe2, //    cbz  w2, 1b
  0xb9000c3f, //    str  wzr, [x1, #12]
  0xd5033fbf, //    dmb  sy
  0x52800063, //    mov  w3, #3
  0xb9001023, //    str  w3, [x1, #16]
  0x14000000, //    b    .
);

/** Sends itself SGI 7, acknowledges and ends it, and stores the id at 0x100. */
const SGI = code(
  0xd2800020, //    mov  x0, #1
  0xd518cce0, //    msr  icc_igrpen1_el1, x0
  0xd2801e00, //    mov  x0, #0xf0
  0xd5184600, //    msr  icc_pmr_el1, x0
  0xd2800040, //    mov  x0, #2
  0xf2a0e000, //    movk x0, #0x700, lsl #16
  0xd518cba0, //    msr  icc_sgi1r_el1, x0
  0xd5033fdf, //    isb
  0xd538cc41, // 1: mrs  x1, icc_hppir1_el1
  0xf1001c3f, //    cmp  x1, #7
  0x54ffffc1, //    b.ne 1b
  0xd538cc02, //    mrs  x2, icc_iar1_el1
  0xd518cc22, //    msr  icc_eoir1_el1, x2
  0xd2802005, //    mov  x5, #0x100
  0xf90000a2, //    str  x2, [x5]
  0x14000000, //    b    .
);

/** Sets its virtual timer to 1 ms, suspends by PSCI, and stores the counter and the result at 0x100. */
const SUSPEND = code(
  0xd2800020, // mov  x0, #1
  0xd518cce0, // msr  icc_igrpen1_el1, x0
  0xd2801e00, // mov  x0, #0xf0
  0xd5184600, // msr  icc_pmr_el1, x0
  0xd2800001, // mov  x1, #0
  0xf2a101a1, // movk x1, #0x80d, lsl #16
  0x52a10002, // mov  w2, #1 << 27
  0xb9010022, // str  w2, [x1, #0x100]
  0xd29e8483, // mov  x3, #62500
  0xd51be303, // msr  cntv_tval_el0, x3
  0xd2800023, // mov  x3, #1
  0xd51be323, // msr  cntv_ctl_el0, x3
  0x52800020, // mov  w0, #1
  0x72b88000, // movk w0, #0xc400, lsl #16
  0xd4000003, // smc  #0
  0xd53be044, // mrs  x4, cntvct_el0
  0xd2802005, // mov  x5, #0x100
  0xa90000a4, // stp  x4, x0, [x5]
  0x14000000, // b    .
);

function journey(image: Uint8Array, change: Partial<CellConfig> = {}, cpus = [1]) {
  const board = qemuArm64();
  const machine = new BoardMachine({ ...board, cpus: board.cpus.slice(0, 4) });
  const s = sessionOn(machine, {
    'root.cell': systemFile(rootConfig(4)),
    'inmate.cell': cellFile(plainCell('inmate', cpus, RAM, change)),
    'inmate.bin': image,
  });
  let wire = '';
  machine.onUart = ({ uart, byte, by }) => {
    if (by === 'inmate') wire += String.fromCharCode(byte);
    s.shell.observe(uart, Uint8Array.of(byte));
  };
  const start =
    'jailhouse enable root.cell\njailhouse cell create inmate.cell\njailhouse cell load inmate inmate.bin\njailhouse cell start inmate\n';
  return {
    ...s,
    start: (more: string) => s.run(start + more),
    wire: () => wire,
    counter: (name: string) => Number(s.say(`cat /sys/devices/jailhouse/cells/1/statistics/vmexits_${name}`)),
    memory: (offset: number) => machine.memory.read32(pa(RAM + offset)),
  };
}

describe('inmates on the real machine', () => {
  it('greet on a UART without a VM exit, again after a restart, and leave the root as it was', () => {
    const s = journey(HELLO);
    expect(s.start('expect uart0 Hi 0.1\nsleep 0.001')).toEqual({ ok: true });
    expect(s.counter('mmio')).toBe(0);
    expect(
      s.run('jailhouse cell shutdown 1\njailhouse cell load 1 inmate.bin\njailhouse cell start 1\nexpect uart0 Hi 0.1'),
    ).toEqual({ ok: true });
    expect(s.wire()).toBe('Hi\nHi\n');
    expect(s.run('jailhouse cell destroy 1\njailhouse disable\njailhouse enable root.cell\njailhouse disable')).toEqual(
      { ok: true },
    );
  });

  it('print through the virtual console', () => {
    const s = journey(PUTC, { flags: CELL_FLAG.VIRTUAL_CONSOLE_ACTIVE + CELL_FLAG.PASSIVE_COMMREG });
    expect(s.start('expect inmate virtual 0.1\nsleep 0.001')).toEqual({ ok: true });
    expect(s.shown['inmate']).toBe('virtual\n');
    expect(s.counter('hypercall')).toBe(8);
    expect(s.say('jailhouse console')).toContain('\nvirtual\n');
  });

  it('bring up their other CPUs through PSCI', () => {
    const s = journey(SMP, {}, [1, 2]);
    expect(s.start('sleep 0.001')).toEqual({ ok: true });
    expect([0x100, 0x108, 0x110, 0x118].map(s.memory)).toEqual([0, 0x55, 0x55, 0x80000002]);
    expect(s.counter('psci')).toBe(1);
  });

  it('that trespass are parked with their registers on the console; the root goes on', () => {
    const s = journey(TRESPASS);
    expect(
      s.start(
        'sleep 0.001\ncat /sys/devices/jailhouse/cells/1/state\ncat /sys/devices/jailhouse/cells/1/cpus_failed_list',
      ),
    ).toEqual({ ok: true });
    expect(s.shown['hypervisor']).toContain(
      'Unhandled data write at 0x7c000008(4)\r\n\r\nFATAL: unhandled trap (exception class 0x24)\r\n',
    );
    expect(s.shown['hypervisor']).toContain(' pc: 000000000000000c   lr: 0000000000000042 spsr: 000003c5     EL1\r\n');
    expect(s.shown['hypervisor']).toContain('x18: 0000000000000000  x19: 0000000000001234  x20: 0000000000000000\r\n');
    expect(s.shown['hypervisor']).toContain('Parking CPU 1 (Cell: "inmate")\r\n');
    expect(s.shown['root']).toContain('failed\r\n');
    expect(s.run('jailhouse cell destroy inmate\njailhouse disable')).toEqual({ ok: true });
  });

  it('that take part in the message protocol decide about their shutdown', () => {
    const s = journey(AGREE, { flags: 0 });
    expect(s.start('jailhouse cell shutdown inmate')).toEqual({ ok: true });
    expect(s.machine.now).toBeGreaterThan(0);
    expect(s.say('cat /sys/devices/jailhouse/cells/1/state')).toBe('shut down\n');
  });

  it('send themselves interrupts through the trapped register', () => {
    const s = journey(SGI);
    expect(s.start('sleep 0.001')).toEqual({ ok: true });
    expect(s.memory(0x100)).toBe(7);
    // Load, start and the trapped register.
    expect(s.counter('total')).toBe(2 + 1);
  });

  it('that suspend through PSCI sleep until an interrupt comes', () => {
    const s = journey(SUSPEND);
    expect(s.start('sleep 0.002')).toEqual({ ok: true });
    expect(s.memory(0x108)).toBe(0);
    expect(s.memory(0x100)).toBeGreaterThanOrEqual(62500);
    expect(s.memory(0x100)).toBeLessThan(62510);
    expect(s.machine.instructions).toBeGreaterThan(1_000_000);
    expect(s.machine.instructions).toBeLessThan(1_010_000);
  });

  it('run the same way every time', () => {
    const once = () => {
      const s = journey(AGREE, { flags: 0 });
      s.start('sleep 0.0001\njailhouse cell shutdown inmate\njailhouse cell stats inmate');
      return { shown: s.shown, now: s.machine.now, instructions: s.machine.instructions };
    };
    expect(once()).toEqual(once());
  });
});
