import { describe, expect, it } from 'vitest';
import { FOREVER, type Task, type Wait } from '../../hypervisor/index.ts';
import { plainCell } from '../../hypervisor/testing/sample-configs.ts';
import { guestNs } from '../../util/units.ts';
import { unescapeText } from '../commands/time.ts';
import { cellFile, shellSession } from '../testing.ts';

describe('scripts', () => {
  it('succeed when every command does', () => {
    const s = shellSession();
    expect(s.run('# a comment\n\n  echo one; echo two\r\ntrue && echo three\n')).toEqual({ ok: true });
  });

  it('go on after a failed command and name the first one', () => {
    const s = shellSession();
    const result = s.run('echo a\njailhouse disable\necho $?\nfalse');
    expect(result).toEqual({
      ok: false,
      line: 2,
      reason:
        'line 2: `jailhouse disable` failed with exit status 1. ' +
        'The hypervisor is not enabled. Enable it first: jailhouse enable SYSCONFIG.',
    });
    expect(s.shown['root']).toContain('\r\n1\r\n');
  });

  it('an expected failure is none', () => {
    const s = shellSession();
    expect(s.run('! false\nfalse || true\nfalse && echo no || true')).toEqual({ ok: true });
    expect(s.run('! true')).toMatchObject({ ok: false, line: 1 });
    expect(s.run('false || false')).toMatchObject({ ok: false });
    expect(s.run('false; true')).toMatchObject({ ok: false });
  });

  it('an unknown command ends the script with 127 and names the line', () => {
    const s = shellSession();
    expect(s.run('echo a\nfrobnicate -x\necho never')).toMatchObject({
      ok: false,
      line: 2,
      reason: expect.stringContaining('frobnicate: command not found'),
    });
    expect(s.shell.lastStatus).toBe(127);
    expect(s.shown['root']).toContain('frobnicate: command not found\r\n');
    expect(s.shown['root']).not.toContain('never');
  });

  it('^C ends the script', () => {
    const s = shellSession();
    s.machine.after(1e9, () => s.shell.type(Uint8Array.of(3)));
    expect(s.run('sleep 5\necho never')).toMatchObject({ ok: false, line: 1 });
    expect(s.machine.now).toBe(1e9);
    expect(s.shown['root']).not.toContain('never');
  });

  it('a line that cannot be read ends the script', () => {
    const s = shellSession();
    expect(s.run('echo "a\necho never')).toMatchObject({
      ok: false,
      line: 1,
      reason: expect.stringContaining('no closing "'),
    });
  });

  it('a backslash at the end joins lines', () => {
    const s = shellSession();
    expect(s.say('echo a \\\n  b\necho c')).toBe('a b\nc\n');
  });

  it('show prompt and line before the output', () => {
    const s = shellSession();
    s.run('echo hello');
    expect(s.shown['root']).toBe('root@qemu-arm64:~# echo hello\r\nhello\r\n');
  });
});

describe('sleep, expect, send', () => {
  it('sleep lets exactly that much guest time pass', () => {
    const s = shellSession();
    s.run('sleep 1.5\nsleep .25');
    expect(s.machine.now).toBe(1.75e9);
    expect(s.run('sleep')).toMatchObject({ ok: false });
    expect(s.run('sleep -1')).toMatchObject({ ok: false });
  });

  it('expect finds what came since the last match, now or later', () => {
    const s = shellSession();
    s.shell.observe('uart0', new TextEncoder().encode('Hello 1\r\nHello 2\r\n'));
    expect(s.run('expect uart0 "^Hello 1$"\nexpect uart0 Hello')).toEqual({ ok: true });
    s.machine.after(3e9, () => s.shell.observe('uart0', new TextEncoder().encode('Hello 3\r\n')));
    expect(s.run('expect uart0 "Hello \\d" 5')).toEqual({ ok: true });
    expect(s.machine.now).toBe(3e9);
  });

  it('expect sees a match across chunks, and half a character', () => {
    const s = shellSession();
    const bytes = new TextEncoder().encode('Grüße');
    s.machine.after(10, () => s.shell.observe('uart0', bytes.subarray(0, 3)));
    s.machine.after(20, () => s.shell.observe('uart0', bytes.subarray(3)));
    expect(s.run('expect uart0 Grüße')).toEqual({ ok: true });
  });

  it('expect that runs out of time ends the script and shows what was there', () => {
    const s = shellSession();
    s.shell.observe('uart0', new TextEncoder().encode('something else\n'));
    const result = s.run('expect uart0 Hello 2\necho never');
    expect(result).toMatchObject({ ok: false, line: 1, reason: expect.stringContaining('`expect uart0 Hello 2`') });
    expect(s.machine.now).toBe(2e9);
    expect(s.shown['root']).toContain('something else');
    expect(s.shown['root']).not.toContain('never');
    expect(s.run('expect uart9 x 0.1 || true')).toEqual({ ok: true });
    expect(s.shown['root']).toContain('uart9 said nothing');
  });

  it('expect waits 10 s of guest time by default', () => {
    const s = shellSession();
    s.run('expect uart0 x');
    expect(s.machine.now).toBe(10e9);
  });

  it('expect on the root console does not match its own command line', () => {
    const s = shellSession();
    expect(s.run('expect root Started 1')).toMatchObject({ ok: false });
    expect(s.run('echo Started\nexpect root Started 1')).toEqual({ ok: true });
  });

  it.each([
    'expect uart0',
    'expect uart0 ( 1',
    'expect uart0 a b',
    'expect uart0 a 1 2',
    'send uart0',
    'send uart0 a b',
  ])('%s is wrong usage', (line) => {
    const s = shellSession();
    expect(s.run(line)).toMatchObject({ ok: false });
    expect(s.shell.lastStatus).toBe(2);
  });

  it('send types into a UART, or into the one that a cell uses', () => {
    const s = shellSession({ 'c.cell': cellFile(plainCell('c', [1], 0x7fa0_0000)) });
    const typed: string[] = [];
    s.machine.uartInput = (uart: string, bytes: Uint8Array) => typed.push(`${uart}:${new TextDecoder().decode(bytes)}`);
    s.run('jailhouse enable root.cell\njailhouse cell create c.cell\nsend uart0 "ls\\n"\nsend c \\x41');
    expect(typed).toEqual(['uart0:ls\n', 'uart0:A']);
    expect(s.say('send nowhere x')).toBe('send: console nowhere takes no input; these do: uart0, qemu-arm64, c\n');
  });

  it('escapes in text', () => {
    expect(unescapeText('a\\nb\\r\\t\\e[0m\\\\n\\x7e\\q')).toBe('a\nb\r\t\x1b[0m\\n~\\q');
  });
});

describe('files', () => {
  it('cat, ls and tree over the run’s files and the root’s', () => {
    const s = shellSession({ 'notes.txt': 'hello\n' });
    expect(s.say('cat notes.txt /sys/devices/jailhouse/enabled')).toBe('hello\n0\n');
    expect(s.say('ls')).toContain('notes.txt\n');
    expect(s.say('ls /sys/devices')).toBe('jailhouse\nsystem\n');
    expect(s.say('ls /sys/devices/jailhouse')).toBe(
      'cells\nconsole\nenabled\nmem_pool_size\nmem_pool_used\nremap_pool_size\nremap_pool_used\n',
    );
    expect(s.say('ls /sys/devices /sys/devices')).toBe(
      '/sys/devices:\njailhouse\nsystem\n\n/sys/devices:\njailhouse\nsystem\n',
    );
    expect(s.say('tree /sys/devices/jailhouse')).toBe(`/sys/devices/jailhouse
├── cells
├── console
├── enabled
├── mem_pool_size
├── mem_pool_used
├── remap_pool_size
└── remap_pool_used

1 directory, 6 files
`);
  });

  it('patterns stand for names', () => {
    const s = shellSession();
    s.run('jailhouse enable root.cell\njailhouse cell create inmate-demo.cell');
    expect(s.say('cat /sys/devices/jailhouse/cells/*/name')).toBe('qemu-arm64\ninmate-demo\n');
    expect(s.say('ls -l /sys/devices/jailhouse/core')).toBe('-r-------- root /sys/devices/jailhouse/core\n');
  });

  it.each([
    ['cat nothing', 'cat: nothing: No such file or directory\n'],
    [
      'cat /sys/devices/jailhouse/cells/4/name',
      'cat: /sys/devices/jailhouse/cells/4/name: No such file or directory\n',
    ],
    ['cat /sys/devices', 'cat: /sys/devices: Is a directory\n'],
    ['ls -q', "ls: invalid option -- 'q'; there are -l, -a and -1\n"],
  ])('%s', (line, text) => {
    expect(shellSession().say(line)).toBe(text);
  });

  it('says what the modelled Linux does not have', () => {
    expect(shellSession().say('cat /proc/interrupts')).toContain('/proc/interrupts: not there');
  });

  it('knows memory, command line and CPUs of the root', () => {
    const s = shellSession();
    expect(s.say('cat /proc/cmdline')).toBe('mem=768M\n');
    expect(s.say('cat /proc/iomem')).toContain('40000000-6fffffff : System RAM\n');
    expect(s.say('cat /sys/devices/system/cpu/online')).toBe('0-15\n');
  });

  it('CPU hotplug through sysfs', () => {
    const s = shellSession();
    expect(s.say('echo 0 > /sys/devices/system/cpu/cpu3/online; cat /sys/devices/system/cpu/offline')).toBe('3\n');
    expect(s.say('echo 1 > /sys/devices/system/cpu/cpu3/online && cat /sys/devices/system/cpu/online')).toBe('0-15\n');
    expect(s.say('echo 2 > /sys/devices/system/cpu/cpu3/online')).toBe(
      '/sys/devices/system/cpu/cpu3/online: Invalid argument\n',
    );
    expect(s.say('echo 2 > notes.txt')).toBe('notes.txt: No such file or directory\n');
    expect(s.say('dmesg')).toMatch(/^\[ {4}0\.000000\] psci: CPU3 killed/);
  });

  it('echo and help', () => {
    const s = shellSession();
    expect(s.say('echo -n a; echo -e "b\\tc"; echo "-x" d')).toBe('ab\tc\n-x d\n');
    expect(s.say('help')).toContain('expect CONSOLE REGEX [SECONDS]');
  });
});

describe('a person at the prompt', () => {
  function atPrompt() {
    const s = shellSession();
    const task: Task<never> = s.shell.session();
    let step = task.next() as IteratorYieldResult<Wait>;
    /** Runs until the shell waits for a command again. */
    const settle = () => {
      for (let i = 0; i < 100; i++) {
        const { until, stop } = step.value;
        const end = s.machine.run(until === FOREVER ? s.machine.now : until, stop);
        if (until === FOREVER && end === 'time') return;
        step = task.next(end) as IteratorYieldResult<Wait>;
      }
    };
    return { ...s, settle, type: (text: string) => s.shell.type(new TextEncoder().encode(text)) };
  }

  it('types commands and sees answers', () => {
    const s = atPrompt();
    s.type('echo hi\r');
    s.settle();
    expect(s.shown['root']).toBe('root@qemu-arm64:~# echo hi\r\nhi\r\nroot@qemu-arm64:~# ');
  });

  it('buttons give commands that appear as if typed, and what was being typed stays', () => {
    const s = atPrompt();
    s.type('half');
    s.shell.submit('echo hi');
    s.settle();
    expect(s.shown['root']!.endsWith('root@qemu-arm64:~# echo hi\r\nhi\r\nroot@qemu-arm64:~# half')).toBe(true);
  });

  it('^C ends a sleep', () => {
    const s = atPrompt();
    s.type('sleep 100\r');
    s.machine.after(1e9, () => s.type('\x03'));
    s.settle();
    expect(s.machine.now).toBe(1e9);
    expect(s.shell.lastStatus).toBe(130);
  });

  it('keys typed while a command runs are there at the next prompt', () => {
    const s = atPrompt();
    s.type('sleep 1\r');
    s.machine.after(5e8, () => s.type('echo later\r'));
    s.settle();
    expect(s.shown['root']).toContain('echo later\r\nlater\r\n');
    expect(s.machine.now).toBe(1e9);
  });

  it('cell stats fills the screen, refreshes, takes keys and leaves on q', () => {
    const s = atPrompt();
    s.shell.resize(60, 12);
    s.type('jailhouse enable root.cell\r');
    s.settle();
    s.type('jailhouse cell stats 0\r');
    s.machine.after(1.5e9, () => s.type('c'));
    s.machine.after(1.6e9, () => s.type('q'));
    s.settle();
    expect(s.shown['root']).toContain('COUNTER (All CPUs)');
    expect(s.shown['root']).toContain('COUNTER (CPU 0)');
    expect(s.shown['root']).toContain('\x1b[12;1HQ - Quit | C - Toggle CPU | A - All CPUs');
    expect(s.machine.now).toBe(guestNs(1.6e9));
  });
});
