import { describe, expect, it } from 'vitest';
import { CELL_FLAG, cpuSetOf, MEM_FLAG } from '../../config/index.ts';
import { pa } from '../../util/units.ts';
import { CELL_STATE, MESSAGE, REPLY } from '../cell/comm-region.ts';
import { ERRNO } from '../errno.ts';
import { BlockedForever } from '../task.ts';
import { inmateDemo, ivshmem, plainCell, region, rootConfig } from '../testing/sample-configs.ts';
import { session, type Session } from '../testing/session.ts';
import { HYPERCALL } from './hypercalls.ts';
import { POLL_NS } from './messages.ts';

const { READ, WRITE, EXECUTE, LOADABLE, ROOTSHARED } = MEM_FLAG;
const RAM_A = 0x7fa0_0000;
const active = (name = 'active', cpus = [1], change = {}) => plainCell(name, cpus, RAM_A, { flags: 0, ...change });
const rule = (s: Session) => s.events.at(-1)?.detail?.['rule'];

/** The cell answers its next message with this reply after some guest time. */
function answerWith(s: Session, id: number, reply: number, after = 1000): void {
  s.machine.after(after, () => {
    const page = s.hv.cell(id)!.comm.page;
    expect(s.machine.memory.read32(pa(page + 12))).not.toBe(MESSAGE.NONE);
    s.machine.memory.write32(pa(page + 12), MESSAGE.NONE);
    s.machine.memory.write32(pa(page + 16), reply);
  });
}

const setState = (s: Session, id: number, state: number) => (s.hv.cell(id)!.comm.state = state);

describe('CELL_CREATE refuses', () => {
  it.each([
    ['EEXIST', 'name-or-id', plainCell('qemu-arm64', [1], RAM_A), 1],
    ['EEXIST', 'name-or-id', plainCell('x', [1], RAM_A), 0],
    ['EBUSY', 'calling-cpu', plainCell('x', [0], RAM_A), 1],
    ['EBUSY', 'cpu-not-in-root', plainCell('x', [17], RAM_A), 1],
    [
      'EINVAL',
      'pin-base',
      plainCell('x', [1], RAM_A, { irqchips: [{ address: 0x08000000n, id: 0, pinBase: 33, pinBitmap: [1, 0, 0, 0] }] }),
      1,
    ],
    [
      'EINVAL',
      'pin-base',
      plainCell('x', [1], RAM_A, {
        irqchips: [{ address: 0x08000000n, id: 0, pinBase: 928, pinBitmap: [1, 0, 0, 0] }],
      }),
      1,
    ],
    ['EINVAL', 'address-space', plainCell('x', [1], RAM_A, { memoryRegions: [region(0, 2 ** 50, 0x1000, READ)] }), 1],
    ['EINVAL', 'aarch32', plainCell('x', [1], RAM_A, { flags: CELL_FLAG.AARCH32 }), 1],
    ['E2BIG', 'vmid', plainCell('x', [1], RAM_A), 256],
    [
      'E2BIG',
      'config-size',
      plainCell('x', [1], RAM_A, { memoryRegions: Array.from({ length: 2100 }, () => region(0, 0, 0, 0n)) }),
      1,
    ],
    ['EINVAL', 'cpu-set-size', plainCell('x', [1], RAM_A, { cpuSet: new Uint8Array(4104) }), 1],
    ['EINVAL', 'ivshmem-regions', inmateDemo({ pciDevices: [ivshmem(0, 4, 1, 3)] }), 1],
    ['EINVAL', 'ivshmem-vectors', inmateDemo({ pciDevices: [{ ...ivshmem(0, 0, 1, 3), numMsixVectors: 17 }] }), 1],
    ['EINVAL', 'ivshmem-id', inmateDemo({ pciDevices: [ivshmem(0, 0, 12, 3)] }), 1],
    ['EBUSY', 'ivshmem-busy', inmateDemo({ pciDevices: [ivshmem(0, 0, 0, 3)] }), 1],
  ] as const)('with %s for %s', (errno, why, config, id) => {
    const s = session();
    const before = { mem: s.hv.pool.used, root: [...s.hv.rootCell.cpus], mappings: [...s.hv.rootCell.stage2.mappings] };
    expect(s.create(config, id)).toBe(-ERRNO[errno]);
    expect(rule(s)).toBe(why);
    expect(s.events.at(-1)).toMatchObject({ kind: 'refusal', detail: { errno } });
    expect({ mem: s.hv.pool.used, root: s.hv.rootCell.cpus, mappings: s.hv.rootCell.stage2.mappings }).toEqual(before);
    expect(s.hv.cells).toHaveLength(1);
  });

  it('ignores irqchip entries of other addresses', () => {
    const s = session();
    const irqchips = [{ address: 0x1234n, id: 0, pinBase: 33, pinBitmap: [1, 0, 0, 0] }];
    expect(s.create(plainCell('x', [1], RAM_A, { irqchips }))).toBe(0);
  });

  it('with ENOMEM when the pool cannot hold its page tables, and gives everything back', () => {
    const s = session();
    const tables = region(0x7000_1000, 0x1_0000_0000, 0x8000_0000, READ | ROOTSHARED);
    const used = s.hv.pool.used;
    expect(s.create(plainCell('x', [1], RAM_A, { memoryRegions: [tables] }))).toBe(-ERRNO.ENOMEM);
    expect(s.hv.pool.used).toBe(used);
    expect(s.hv.rootCell.cpus).toContain(1);
  });

  it('with ENOMEM when the root has nothing at the address', () => {
    const s = session();
    expect(s.call(HYPERCALL.CELL_CREATE, 0x3_0000_0000)).toBe(-ERRNO.ENOMEM);
  });

  it('with EPERM while another cell is locked', () => {
    const s = session();
    s.create(plainCell('locker', [1], RAM_A));
    s.start(1);
    setState(s, 1, CELL_STATE.RUNNING_LOCKED);
    expect(s.create(plainCell('x', [2], 0x7f90_0000))).toBe(-ERRNO.EPERM);
    expect(s.events.at(-1)?.sentence).toContain('locker is in state running/locked');
  });
});

describe('management calls', () => {
  it.each([HYPERCALL.CELL_START, HYPERCALL.CELL_SET_LOADABLE, HYPERCALL.CELL_DESTROY])(
    '%i: -ENOENT, -EINVAL for the root',
    (code) => {
      const s = session();
      expect(s.call(code, 7)).toBe(-ERRNO.ENOENT);
      expect(s.call(code, 0)).toBe(-ERRNO.EINVAL);
    },
  );

  it('forbid destroying another cell while one is locked, but not starting it', () => {
    const s = session();
    s.create(plainCell('locker', [1], RAM_A));
    s.create(plainCell('other', [2], 0x7f90_0000));
    s.start(1);
    setState(s, 1, CELL_STATE.RUNNING_LOCKED);
    expect(s.start(2)).toBe(0);
    expect(s.load(2)).toBe(0);
    expect(s.destroy(2)).toBe(-ERRNO.EPERM);
    expect(s.destroy(1)).toBe(0);
    expect(s.destroy(2)).toBe(0);
  });

  it('unknown codes are -ENOSYS and count as hypercalls', () => {
    const s = session();
    const counters = s.hv.cpu(0)!.counters;
    expect(s.call(42)).toBe(-ERRNO.ENOSYS);
    expect(counters.value(counters.names.indexOf('vmexits_hypercall'))).toBe(1);
    expect(counters.value(counters.names.indexOf('vmexits_total'))).toBe(1);
  });

  it('DISABLE is -EBUSY while there are cells', () => {
    const s = session();
    s.create(plainCell('x', [1], RAM_A));
    expect(s.call(HYPERCALL.DISABLE)).toBe(-ERRNO.EBUSY);
    expect(s.events.at(-1)?.sentence).toContain('x');
  });
});

describe('queries', () => {
  it('HYPERVISOR_GET_INFO answers the pools and the number of cells', () => {
    const s = session();
    s.create(plainCell('x', [1], RAM_A));
    const info = [0, 1, 2, 3, 4, 5].map((type) => s.call(HYPERCALL.HYPERVISOR_GET_INFO, type));
    expect(info).toEqual([994, s.hv.pool.used, 131072, 528, 2, -ERRNO.EINVAL]);
  });

  it('CELL_GET_STATE refuses values that are no state', () => {
    const s = session();
    s.create(plainCell('x', [1], RAM_A));
    expect(s.call(HYPERCALL.CELL_GET_STATE, 1)).toBe(CELL_STATE.SHUT_DOWN);
    setState(s, 1, 4);
    expect(s.call(HYPERCALL.CELL_GET_STATE, 1)).toBe(4);
    setState(s, 1, 5);
    expect(s.call(HYPERCALL.CELL_GET_STATE, 1)).toBe(-ERRNO.EINVAL);
    expect(s.call(HYPERCALL.CELL_GET_STATE, 9)).toBe(-ERRNO.ENOENT);
  });

  it('CPU_GET_INFO knows the CPUs of the system configuration and 9 counters', () => {
    const s = session();
    expect(s.call(HYPERCALL.CPU_GET_INFO, 3, 0)).toBe(0);
    expect(s.call(HYPERCALL.CPU_GET_INFO, 16, 0)).toBe(-ERRNO.EINVAL);
    expect(s.call(HYPERCALL.CPU_GET_INFO, 3, 1008)).toBe(0);
    expect(s.call(HYPERCALL.CPU_GET_INFO, 3, 1009)).toBe(-ERRNO.EINVAL);
    expect(s.call(HYPERCALL.CPU_GET_INFO, 3, 1)).toBe(-ERRNO.EINVAL);
  });

  it('from a cell: own CPUs only, no management, no console without permission', () => {
    const s = session();
    s.create(plainCell('x', [1], RAM_A));
    s.start(1);
    const cpu = s.machine.cpu(1);
    expect(cpu.hvc(HYPERCALL.CPU_GET_INFO, 1, 0)).toBe(0n);
    expect(cpu.hvc(HYPERCALL.CPU_GET_INFO, 2, 0)).toBe(BigInt(-ERRNO.EPERM));
    expect(cpu.hvc(HYPERCALL.HYPERVISOR_GET_INFO, 4)).toBe(2n);
    for (const code of [0, 1, 2, 3, 4, 6, 8]) expect(cpu.hvc(code, 1)).toBe(BigInt(-ERRNO.EPERM));
    expect(cpu.hvc(77)).toBe(BigInt(-ERRNO.ENOSYS));
  });

  it('DEBUG_CONSOLE_PUTC prints one character at a time for cells with the flag', () => {
    const s = session();
    s.create(plainCell('x', [1], RAM_A, { flags: CELL_FLAG.VIRTUAL_CONSOLE_PERMITTED }));
    s.start(1);
    s.printed();
    for (const character of 'Hi\n') expect(s.machine.cpu(1).hvc(8, character.charCodeAt(0))).toBe(0n);
    expect(s.printed()).toEqual(['Hi']);
    expect(s.hv.cpu(1)!.counters.value(3)).toBe(3);
  });
});

describe('messages', () => {
  it('a passive cell is never asked', () => {
    const s = session();
    s.create(plainCell('x', [1], RAM_A));
    s.start(1);
    expect(s.load(1)).toBe(0);
    expect(s.hv.cell(1)!.comm.message).toBe(MESSAGE.NONE);
    expect(s.machine.now).toBe(0);
  });

  it('an active cell that approves is shut down when it answers', () => {
    const s = session();
    s.create(active());
    s.start(1);
    answerWith(s, 1, REPLY.REQUEST_APPROVED, 5000);
    expect(s.load(1)).toBe(0);
    expect(s.machine.now).toBe(5000);
  });

  it.each([REPLY.REQUEST_DENIED, REPLY.UNKNOWN, REPLY.RECEIVED])(
    'reply %i is a refusal: EPERM, and the cell goes on',
    (reply) => {
      const s = session();
      s.create(active());
      s.start(1);
      answerWith(s, 1, reply);
      expect(s.load(1)).toBe(-ERRNO.EPERM);
      expect(s.machine.power(1)).toBe('on');
      expect(rule(s)).toBe('shutdown-refused');
    },
  );

  it('going to SHUT_DOWN or FAILED is an approval', () => {
    for (const state of [CELL_STATE.SHUT_DOWN, CELL_STATE.FAILED]) {
      const s = session();
      s.create(active());
      s.start(1);
      s.machine.after(700, () => setState(s, 1, state));
      expect(s.destroy(1)).toBe(0);
    }
  });

  it('a time-out prints, fails the cell and counts as approval', () => {
    const s = session();
    s.create(active('slow', [1], { msgReplyTimeout: 1000n }));
    s.start(1);
    s.printed();
    expect(s.load(1)).toBe(0);
    expect(s.machine.now).toBe(1000 * POLL_NS);
    expect(s.printed()).toEqual([
      'Timeout expired while waiting for reply from target cell',
      'Cell "slow" can be loaded',
    ]);
    expect(s.hv.cell(1)!.comm.state).toBe(CELL_STATE.SHUT_DOWN);
  });

  it('without a time-out it waits for ever and says for whom', () => {
    const s = session();
    s.create(active('mute'));
    s.start(1);
    expect(() => s.load(1)).toThrow(BlockedForever);
    expect(s.events.at(-1)).toMatchObject({ kind: 'message.silence', target: { cell: 'mute' } });
  });

  it('state 4 answers for the cell, unless the quirk is wanted', () => {
    for (const compatibility of [{}, { commRevisionFailureBlocks: true }]) {
      const s = session({ compatibility });
      s.create(active());
      s.start(1);
      setState(s, 1, CELL_STATE.FAILED_COMM_REV);
      if (compatibility.commRevisionFailureBlocks) expect(() => s.load(1)).toThrow(BlockedForever);
      else expect(s.load(1)).toBe(0);
    }
  });

  it('others hear of a new and of a destroyed cell, and the call waits until they received it', () => {
    const s = session();
    s.create(active());
    s.start(1);
    answerWith(s, 1, REPLY.RECEIVED, 300);
    expect(s.create(plainCell('second', [2], 0x7f90_0000))).toBe(0);
    expect(s.machine.now).toBe(300);
    answerWith(s, 1, REPLY.RECEIVED, 300);
    expect(s.destroy(2)).toBe(0);
    expect(s.machine.now).toBe(600);
  });

  it('the word stays in the comm region of a cell that is down', () => {
    const s = session();
    s.create(active());
    expect(s.load(1)).toBe(0);
    expect(s.hv.cell(1)!.comm.message).toBe(MESSAGE.SHUTDOWN_REQUEST);
    s.start(1);
    expect(s.hv.cell(1)!.comm.message).toBe(MESSAGE.NONE);
  });
});

describe('start', () => {
  it('fills the comm region', () => {
    const s = session();
    const flags = CELL_FLAG.VIRTUAL_CONSOLE_ACTIVE | CELL_FLAG.VIRTUAL_CONSOLE_PERMITTED | CELL_FLAG.PASSIVE_COMMREG;
    s.create(plainCell('x', [1], RAM_A, { flags: flags >>> 0, vpciIrqBase: 112 }));
    s.start(1);
    const page = s.machine.memory.read(s.hv.cell(1)!.comm.page, 128);
    const view = new DataView(page.buffer);
    expect(new TextDecoder().decode(page.subarray(0, 6))).toBe('JHCOMM');
    expect(view.getUint16(6, true)).toBe(2);
    expect([8, 12, 16, 20].map((at) => view.getUint32(at, true))).toEqual([0, 0, 0, 3]);
    expect(view.getBigUint64(24, true)).toBe(0x0900_0000n);
    expect([view.getUint32(32, true), view.getUint16(36, true), view.getUint16(38, true)]).toEqual([0x1000, 3, 3]);
    expect(view.getBigUint64(56, true)).toBe(0x08e0_0000n);
    expect(view.getUint8(64)).toBe(3);
    expect([72, 80, 88].map((at) => view.getBigUint64(at, true))).toEqual([0x0800_0000n, 0n, 0x080a_0000n]);
    expect(view.getUint32(96, true)).toBe(112);
  });

  it('starts the lowest CPU at the reset address; the others wait for CPU_ON', () => {
    const s = session();
    s.create(plainCell('x', [3, 2], RAM_A, { cpuResetAddress: 0x1234n }));
    s.start(1);
    expect(s.machine.cpu(2).resets).toEqual([{ pc: 0x1234n, x: { 0: 0n, 1: 0n } }]);
    expect([2, 3].map((cpu) => s.machine.power(cpu))).toEqual(['on', 'off']);
    expect(s.machine.owners[2]).toBe('x');
  });

  it('restarts a running cell without a load', () => {
    const s = session();
    s.create(plainCell('x', [1], RAM_A));
    s.start(1);
    expect(s.start(1)).toBe(0);
    expect(s.machine.cpu(1).resets).toHaveLength(2);
  });

  it('clears counters when a CPU changes cell, and counts management events', () => {
    const s = session();
    s.create(plainCell('x', [1], RAM_A));
    const management = () => s.hv.cpu(1)!.counters.value(2);
    expect(management()).toBe(0);
    s.start(1);
    expect(management()).toBe(1);
    s.destroy(1);
    expect(management()).toBe(0);
    expect(s.hv.cpu(1)!.cell).toBe(s.hv.rootCell);
  });
});

describe('memory changes hands', () => {
  const plain = region(0x7f80_0000, 0x1000_0000, 0x1000, READ | WRITE);
  const loadable = region(0x7f81_0000, 0x1001_0000, 0x1000, READ | WRITE | EXECUTE | LOADABLE);
  const shared = region(0x7f82_0000, 0x1002_0000, 0x1000, READ | WRITE | ROOTSHARED);
  const both = region(0x7f83_0000, 0x1003_0000, 0x1000, READ | WRITE | LOADABLE | ROOTSHARED);
  const outside = region(0x0920_0000, 0x1004_0000, 0x1000, READ | WRITE);

  it('as the table of region kinds says', () => {
    const system = rootConfig();
    system.rootCell.memoryRegions.splice(9, 1, region(0x0a00_0000, 0x0a00_0000, 0x1000_0000, READ | WRITE));
    const s = session({ system });
    const held = () =>
      [plain, loadable, shared, both].map(
        ({ physStart }) => s.hv.rootCell.stage2.find(Number(physStart)) !== undefined,
      );
    const before = structuredClone(s.hv.rootCell.stage2.mappings);
    s.create(plainCell('x', [1], RAM_A, { memoryRegions: [plain, loadable, shared, both, outside] }));
    expect(held()).toEqual([false, false, true, true]);
    s.load(1);
    expect(held()).toEqual([false, true, true, true]);
    s.start(1);
    expect(held()).toEqual([false, false, true, false]);
    s.destroy(1);
    expect(held()).toEqual([true, true, true, false]);
    expect(s.hv.rootCell.stage2.find(0x0920_0000)).toBeUndefined();
    // Only the page that was LOADABLE and ROOTSHARED stays away.
    expect(s.hv.rootCell.stage2.mappings).toHaveLength(before.length + 1);
  });

  it('later regions of a cell overwrite earlier ones', () => {
    const s = session();
    const regions = [region(0x7f80_0000, 0, 0x2000, READ | WRITE), region(0x7f90_0000, 0x1000, 0x1000, READ)];
    s.create(plainCell('x', [1], RAM_A, { memoryRegions: regions }));
    const { stage2 } = s.hv.cell(1)!;
    expect(stage2.translate(0, 4)).toBe(0x7f80_0000);
    expect(stage2.translate(0x1000, 4)).toBe(0x7f90_0000);
  });

  it('two cells may take the same memory, and an event says so', () => {
    const s = session();
    s.create(plainCell('a', [1], RAM_A));
    expect(s.create(plainCell('b', [2], RAM_A))).toBe(0);
    expect(s.events.find(({ kind }) => kind === 'memory.shared')?.sentence).toContain('a has already');
  });

  it('a region over hypervisor memory is reported', () => {
    const s = session();
    s.create(plainCell('a', [1], 0x7fc0_0000));
    expect(s.events.some(({ kind }) => kind === 'memory.hypervisor')).toBe(true);
  });

  it('a cell without CPUs can be created and destroyed', () => {
    const s = session();
    expect(s.create(plainCell('none', [], RAM_A, { cpuSet: cpuSetOf([], 8) }))).toBe(0);
    expect(s.start(1)).toBe(0);
    expect(s.destroy(1)).toBe(0);
  });
});
