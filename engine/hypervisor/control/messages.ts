// Messages to a cell and the wait for its reply: the root CPU that issued the hypercall polls, and guest time passes.
// Source: ABI reference, B.4 (algorithm), K.2, K.23.
import { guestNs } from '../../util/units.ts';
import type { Cell } from '../cell/cell.ts';
import { CELL_STATE, MESSAGE, REPLY } from '../cell/comm-region.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { FOREVER, type Task } from '../task.ts';

/** Guest time of one iteration of the polling loop, in which msg_reply_timeout counts: about ten instructions. */
export const POLL_NS = 10;
/** After this long without an answer an event says who is being waited for. */
const PATIENCE_NS = 1_000_000_000;

type Message = typeof MESSAGE.SHUTDOWN_REQUEST | typeof MESSAGE.RECONFIG_COMPLETED;
const WANTED = {
  [MESSAGE.SHUTDOWN_REQUEST]: REPLY.REQUEST_APPROVED,
  [MESSAGE.RECONFIG_COMPLETED]: REPLY.RECEIVED,
} as const;
const CALLED = {
  [MESSAGE.SHUTDOWN_REQUEST]: 'shutdown request',
  [MESSAGE.RECONFIG_COMPLETED]: 'reconfiguration message',
} as const;

/** True if the cell approves (or cannot object any more), false if it refuses. */
export function* exchange(hv: Hypervisor, cell: Cell, message: Message): Task<boolean> {
  if (cell.isPassive) return true;
  cell.comm.send(message);
  const answered = () => verdict(hv, cell, message) !== undefined;
  const { msgReplyTimeout } = cell.config;
  const reason = `cell ${cell.name} to answer a ${CALLED[message]}`;
  if (!answered()) {
    if (msgReplyTimeout > 0n) {
      const until = guestNs(hv.machine.now + Number(msgReplyTimeout) * POLL_NS);
      yield { until, stop: answered, reason };
    } else {
      yield { until: guestNs(hv.machine.now + PATIENCE_NS), stop: answered, reason };
      if (!answered()) {
        reportSilence(hv, cell, message);
        while (!answered()) yield { until: FOREVER, stop: answered, reason };
      }
    }
  }
  const approved = verdict(hv, cell, message);
  if (approved !== undefined) return approved;
  hv.print('Timeout expired while waiting for reply from target cell\n');
  suspendCell(hv, cell);
  cell.comm.state = CELL_STATE.FAILED;
  hv.report.warning(
    'message.timeout',
    `${cell.name} did not answer a ${CALLED[message]} within its msg_reply_timeout of ${msgReplyTimeout} polls; it counts as ` +
      'approved and the cell as failed. Let the inmate read the comm region, or raise the time-out.',
    { cell: cell.name, field: 'msgReplyTimeout' },
  );
  return true;
}

/** True: approved; false: refused; undefined: no answer yet. */
function verdict(hv: Hypervisor, cell: Cell, message: Message): boolean | undefined {
  const { state, reply } = cell.comm;
  if (state === CELL_STATE.SHUT_DOWN || state === CELL_STATE.FAILED) return true;
  if (state === CELL_STATE.FAILED_COMM_REV && !hv.compatibility.commRevisionFailureBlocks) return true;
  if (reply === REPLY.NONE) return undefined;
  return reply === WANTED[message];
}

/** The cell's CPUs stand still and take one management event each. */
export function suspendCell(hv: Hypervisor, cell: Cell): void {
  for (const id of cell.cpus) {
    const cpu = hv.cpu(id)!;
    hv.arch.event(cpu);
    hv.machine.setPower(id, 'off');
  }
}

function reportSilence(hv: Hypervisor, cell: Cell, message: Message): void {
  hv.report.warning(
    'message.silence',
    `${cell.name} has not answered a ${CALLED[message]} for ${PATIENCE_NS / 1e9} s of guest time and has no msg_reply_timeout: ` +
      'the root waits until it does. Let the inmate read the comm region, set msg_reply_timeout, ' +
      'or make the cell passive (JAILHOUSE_CELL_PASSIVE_COMMREG).',
    { cell: cell.name, field: 'msgReplyTimeout' },
  );
}
