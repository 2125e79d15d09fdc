import { expect, it } from 'vitest';
import { shellSession } from '../testing.ts';

it('boots the journey', () => {
  const s = shellSession();
  expect(
    s.run(
      'jailhouse enable root.cell\njailhouse cell create inmate-demo.cell\njailhouse cell load 1 inmate.bin -s hello -a 0x1000\njailhouse cell start inmate-demo\njailhouse cell list\ntree /sys/devices/jailhouse\ncat /sys/devices/jailhouse/cells/*/name || true\njailhouse cell shutdown 1\njailhouse cell destroy 1\njailhouse disable\ndmesg',
    ),
  ).toEqual({ ok: true });
  console.log(s.shown['root']);
  console.log(s.events.map((e) => e.sentence));
});
