// How the plan is looked at: scale, scroll position, zooming about the pointer, bringing things into view.
import { tick } from 'svelte';
import type { Attachment } from 'svelte/attachments';
import type { Axis, Span } from './axis.ts';
import type { Pin } from './pins.ts';
import type { BoardState } from './state.svelte.ts';

const MAX_SCALE = 400;
const WHEEL_ZOOM = 0.0022;

export class PlanView {
  /** Pixels of the scrolling view that show the axis: without heads and pins. */
  height = $state(0);
  scrollTop = $state(0);
  /** Height of the heads, below which the axis begins. */
  headHeight = $state(0);
  /** The pin whose route is drawn. */
  pin = $state.raw<{ column: string; pin: Pin }>();

  readonly #natural: () => Axis;
  readonly #board: BoardState;
  #element: HTMLElement | undefined;
  /** Zoom factor of the wheel that has not been applied yet. */
  #turned = 1;
  /** Last pointer height in the view; zooming by keys happens about it. */
  #pointerY: number | undefined;

  readonly fit: number = $derived.by(() => (this.height > 0 ? this.#natural().scaleToFit(this.height) : 1));
  /** Legible by default, larger where there is room to spare. */
  readonly scale: number = $derived.by(() => this.#board.scale ?? Math.max(1, this.fit));
  readonly axis: Axis = $derived.by(() => this.#natural().scaled(this.scale));
  readonly #band: number = $derived.by(() => Math.floor(this.scrollTop / Math.max(1, this.height / 2)));
  readonly #near: { top: number; bottom: number } = $derived.by(() => {
    const middle = (this.#band * this.height) / 2;
    return { top: middle - this.height, bottom: middle + 2.5 * this.height };
  });
  readonly overflows: boolean = $derived(this.axis.height > this.height + 2);

  constructor(board: BoardState, natural: () => Axis) {
    this.#board = board;
    this.#natural = natural;
  }

  readonly attach: Attachment<HTMLElement> = (element) => {
    this.#element = element;
    const measure = (): void => {
      this.headHeight = element.querySelector<HTMLElement>('.plan-head')?.offsetHeight ?? 0;
      const foot = element.querySelector<HTMLElement>('.plan-foot')?.offsetHeight ?? 0;
      this.height = Math.max(0, element.clientHeight - this.headHeight - foot);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    for (const each of element.querySelectorAll('.plan-head, .plan-foot')) observer.observe(each);
    measure();
    const scroll = (): void => {
      this.scrollTop = element.scrollTop;
    };
    const wheel = (event: WheelEvent): void => {
      const onAxis = event.target instanceof Element && event.target.closest('.axis') !== null;
      if (!event.ctrlKey && !event.metaKey && !event.altKey && !onAxis) return;
      event.preventDefault();
      this.#pointerY = this.#inBody(event.clientY);
      this.#zoomSoon(Math.exp(-event.deltaY * WHEEL_ZOOM));
    };
    const pointer = (event: PointerEvent): void => {
      this.#pointerY = this.#inBody(event.clientY);
    };
    const leave = (): void => {
      this.#pointerY = undefined;
    };
    element.addEventListener('scroll', scroll, { passive: true });
    element.addEventListener('wheel', wheel, { passive: false });
    element.addEventListener('pointermove', pointer);
    element.addEventListener('pointerleave', leave);
    this.#board.zoomBy = (factor) => this.zoomBy(factor);
    this.#board.zoomFit = () => {
      this.#board.scale = Math.min(1, this.fit) === this.#board.scale ? undefined : Math.min(1, this.fit);
    };
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', scroll);
      element.removeEventListener('wheel', wheel);
      element.removeEventListener('pointermove', pointer);
      element.removeEventListener('pointerleave', leave);
    };
  };

  /** Wheels turn faster than frames are drawn: one zoom a frame. */
  #zoomSoon(factor: number): void {
    this.#turned *= factor;
    if (this.#turned !== factor) return;
    requestAnimationFrame(() => {
      const turned = this.#turned;
      this.#turned = 1;
      this.zoomBy(turned);
    });
  }

  /** Zooms so that the address under the pointer (or in the middle of the view) stays where it is. */
  zoomBy(factor: number): void {
    const y = this.#pointerY ?? this.height / 2;
    const address = this.axis.address(this.scrollTop + y);
    const off = this.scrollTop + y - this.axis.y(address);
    this.#board.scale = Math.max(Math.min(1, this.fit), Math.min(MAX_SCALE, this.scale * factor));
    this.scrollTo(this.axis.y(address) + off - y);
  }

  /** The address at a height of the window, and the height at an address; folds and stretches as they are drawn. */
  addressAt(clientY: number): bigint {
    return this.axis.address(clientY - this.#top + this.scrollTop);
  }

  clientY(address: bigint): number {
    return this.axis.y(address) - this.scrollTop + this.#top;
  }

  /** How many bytes a pixel stands for at a height of the window. */
  bytesAt(clientY: number): bigint {
    const y = clientY - this.#top + this.scrollTop;
    return this.axis.address(y + 1) - this.axis.address(y);
  }

  /** Scrolls while something is dragged near the rim. Returns by how much. */
  scrollAtRim(clientY: number, rim: number, by: number): number {
    const element = this.#element;
    if (!element) return 0;
    const before = element.scrollTop;
    if (clientY < this.#top + rim) element.scrollTop -= by;
    else if (clientY > this.#top + this.height - rim) element.scrollTop += by;
    this.scrollTop = element.scrollTop;
    return element.scrollTop - before;
  }

  scrollTo(top: number): void {
    const element = this.#element;
    if (!element) return;
    // The grid must have its new height before it can scroll there.
    void tick().then(() => (element.scrollTop = top));
  }

  bringIntoView(span: Span): void {
    const top = this.axis.y(span.start);
    const bottom = this.axis.y(span.end);
    if (top >= this.scrollTop && bottom <= this.scrollTop + this.height) return;
    this.scrollTo((top + Math.min(bottom, top + this.height)) / 2 - this.height / 2);
  }

  bringColumnIntoView(key: string): void {
    this.#element
      ?.querySelector(`.plan-head[data-column="${CSS.escape(key)}"]`)
      ?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
  }

  /** True if any of these pixels of the axis is in view, or nearly. Changes only when the view has moved by half its height. */
  shows(top: number, bottom: number): boolean {
    return bottom > this.#near.top && top < this.#near.bottom;
  }

  #inBody(clientY: number): number {
    return Math.max(0, Math.min(this.height, clientY - this.#top));
  }

  /** Where in the window the axis begins to show. */
  get #top(): number {
    return (this.#element?.getBoundingClientRect().top ?? 0) + this.headHeight;
  }
}
