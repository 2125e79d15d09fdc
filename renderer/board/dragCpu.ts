// Dragging a CPU chip between columns with the pointer: a few pixels start it, columns light up, Escape or a drop outside cancels.
import type { Attachment } from 'svelte/attachments';
import type { Workbench } from '../state/workbench.svelte.ts';
import { cancelKey } from './cancelKey.ts';
import type { Verdict } from './cpus.ts';
import { giveCpu } from './edits.ts';
import { moveVerdict } from './verdict.ts';

const START_AFTER = 4;

export const dragCpu =
  (workbench: Workbench, cpu: number, from: string): Attachment<HTMLElement> =>
  (element) => {
    const { board } = workbench;
    let start: { x: number; y: number } | undefined;

    const columnUnder = (x: number, y: number): string | undefined =>
      document
        .elementsFromPoint(x, y)
        .map((each) => each.closest<HTMLElement>('[data-column]')?.dataset.column)
        .find((key) => key !== undefined);

    const verdictOn = (over: string | undefined): Verdict | undefined =>
      over === undefined || over === from || !workbench.project ? undefined : moveVerdict(workbench.project, cpu, over);

    const end = (): void => {
      start = undefined;
      board.move = undefined;
      escape.stop();
    };
    const escape = cancelKey(() => end());
    const down = (event: PointerEvent): void => {
      if (event.button !== 0) return;
      start = { x: event.clientX, y: event.clientY };
      element.setPointerCapture(event.pointerId);
    };
    const move = (event: PointerEvent): void => {
      if (!start) return;
      const at = { x: event.clientX, y: event.clientY };
      if (!board.move) {
        if (Math.hypot(at.x - start.x, at.y - start.y) < START_AFTER) return;
        board.select({ kind: 'cpu', cpu });
        escape.listen();
      }
      const over = columnUnder(at.x, at.y);
      // The rules run once a column, not once a pixel.
      const verdict = over === board.move?.over ? board.move?.verdict : verdictOn(over);
      board.move = { cpu, from, over, verdict, at };
    };
    const up = (): void => {
      const { move: held } = board;
      end();
      const { project } = workbench;
      if (!held?.verdict || held.over === undefined || !project) return;
      if (held.verdict.allowed) giveCpu(project, cpu, held.over);
      else workbench.notices.show('info', held.verdict.text);
    };
    element.addEventListener('pointerdown', down);
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', up);
    element.addEventListener('pointercancel', end);
    return () => {
      if (start) end();
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerup', up);
      element.removeEventListener('pointercancel', end);
    };
  };
