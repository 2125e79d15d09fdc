// Dragging a region, or one of its edges, on the plan: the new range and what it would hit are told while it moves; Escape cancels.
import type { Attachment } from 'svelte/attachments';
import type { Workbench } from '../state/workbench.svelte.ts';
import { cancelKey } from './cancelKey.ts';
import type { Block } from './columns.ts';
import { editRegion } from './edits.ts';
import type { PlanView } from './planView.svelte.ts';
import { canReshape, gridFor, reshaped, reshapeVerdict, snapped } from './regionEdit.ts';
import type { Grip, ReshapeVerdict, Shape } from './regionEdit.ts';

const START_AFTER = 4;
/** Pixels from an edge in which it, not the whole, is taken. */
const EDGE = 4;
/** Edges of other regions attract within this many pixels. */
const ATTRACTION = 6;
/** Near the rim of the view, in pixels, it scrolls by so many. */
const RIM = 28;
const SCROLL = 14;

/** A region in the hand. */
export interface RegionMove {
  cell: string;
  index: number;
  grip: Grip;
  /** What it would be. */
  shape: Shape;
  verdict: ReshapeVerdict | undefined;
  /** Pointer position. */
  at: { x: number; y: number };
}

/** The region that a drag on the plan is about, as the attachment finds it when the drag begins. */
export interface RegionDrag {
  workbench: Workbench;
  view: PlanView;
  /** The column's key: the cell. */
  cell: string;
  block: Block;
  /** Whether the part that is drawn here has the region's first and last byte. */
  first: boolean;
  last: boolean;
  /** Edges of everything else on the plan. */
  edges: () => readonly bigint[];
}

export const dragRegion =
  (drag: () => RegionDrag): Attachment<HTMLElement> =>
  (element) => {
    let start: { x: number; y: number; grip: Grip; top: number } | undefined;
    let moved = false;

    const regionOf = ({ workbench, cell, block }: RegionDrag) =>
      block.index === undefined
        ? undefined
        : workbench.project?.cells.find((entry) => entry.key === cell)?.cell.memoryRegions[block.index];

    const gripAt = ({ first, last }: RegionDrag, event: PointerEvent): Grip => {
      const { top, bottom } = element.getBoundingClientRect();
      const edge = Math.min(EDGE, (bottom - top) / 4);
      if (first && event.clientY - top < edge) return 'start';
      if (last && bottom - event.clientY < edge) return 'end';
      return 'whole';
    };

    const end = (): void => {
      if (start) drag().workbench.board.reshape = undefined;
      start = undefined;
      escape.stop();
    };
    const escape = cancelKey(() => end());
    const down = (event: PointerEvent): void => {
      const context = drag();
      const region = regionOf(context);
      if (event.button !== 0 || !region || !canReshape(region)) return;
      const grip = gripAt(context, event);
      const held = grip === 'end' ? context.block.end : context.block.start;
      moved = false;
      start = { x: event.clientX, y: event.clientY, grip, top: context.view.clientY(held) };
      element.setPointerCapture(event.pointerId);
    };
    const move = (event: PointerEvent): void => {
      const context = drag();
      const { workbench, view, cell, block } = context;
      const { board } = workbench;
      if (!start) {
        const region = regionOf(context);
        element.style.cursor = region && canReshape(region) && gripAt(context, event) !== 'whole' ? 'ns-resize' : '';
        return;
      }
      const at = { x: event.clientX, y: event.clientY };
      if (!board.reshape) {
        if (Math.hypot(at.x - start.x, at.y - start.y) < START_AFTER) return;
        moved = true;
        board.select({ kind: 'region', cell, index: block.index! });
        escape.listen();
      }
      start.top -= view.scrollAtRim(at.y, RIM, SCROLL);
      const region = regionOf(context);
      if (!region) return end();
      const y = start.top + at.y - start.y;
      const near = view.bytesAt(y);
      const to = event.altKey
        ? snapped(view.addressAt(y), [], 0n, gridFor(0n))
        : snapped(view.addressAt(y), context.edges(), near * BigInt(ATTRACTION), gridFor(near * 2n));
      const shape = reshaped(region, start.grip, to);
      if (!shape) return;
      const same = board.reshape?.shape.physStart === shape.physStart && board.reshape.shape.size === shape.size;
      // The rules run once a new place, not once a pixel.
      const verdict = same ? board.reshape!.verdict : reshapeVerdict(workbench.project!, cell, block.index!, shape);
      board.reshape = { cell, index: block.index!, grip: start.grip, shape, verdict, at };
    };
    const up = (): void => {
      const { workbench, cell, block } = drag();
      const held = start && workbench.board.reshape;
      end();
      if (!held || !workbench.project || block.index === undefined) return;
      const what = held.grip === 'whole' ? 'place' : held.grip;
      editRegion(workbench.project, cell, block.index, held.shape, what);
    };
    /** The click that ends a drag selects nothing. */
    const click = (event: MouseEvent): void => {
      if (!moved) return;
      moved = false;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    element.addEventListener('pointerdown', down);
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', up);
    element.addEventListener('pointercancel', end);
    element.addEventListener('click', click, true);
    return () => {
      end();
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerup', up);
      element.removeEventListener('pointercancel', end);
      element.removeEventListener('click', click, true);
    };
  };
