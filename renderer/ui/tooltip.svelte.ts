// One tooltip for the whole window: an element says what it is called and by which keys, on hover after a moment and on keyboard
// focus at once. Used as `{@attach tooltip('Pause', 'F6')}`.
import type { Attachment } from 'svelte/attachments';

export interface TooltipContent {
  text: string;
  keys: string | undefined;
  /** Where the element is, in window pixels. */
  anchor: DOMRect;
}

const DELAY = 450;

class TooltipState {
  content = $state.raw<TooltipContent>();
}

export const tooltipState = new TooltipState();

export const tooltip =
  (text: string, keys?: string): Attachment<HTMLElement> =>
  (element) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = (): void => {
      tooltipState.content = { text, keys, anchor: element.getBoundingClientRect() };
    };
    const hide = (): void => {
      clearTimeout(timer);
      // A removed element loses the focus while the window is being drawn anew: no state may change just then.
      if (tooltipState.content) queueMicrotask(() => (tooltipState.content = undefined));
    };
    const enter = (): void => {
      clearTimeout(timer);
      timer = setTimeout(show, DELAY);
    };
    const focus = (): void => {
      if (element.matches(':focus-visible')) show();
    };
    element.addEventListener('pointerenter', enter);
    element.addEventListener('pointerleave', hide);
    element.addEventListener('pointerdown', hide);
    element.addEventListener('focus', focus);
    element.addEventListener('blur', hide);
    return () => {
      hide();
      element.removeEventListener('pointerenter', enter);
      element.removeEventListener('pointerleave', hide);
      element.removeEventListener('pointerdown', hide);
      element.removeEventListener('focus', focus);
      element.removeEventListener('blur', hide);
    };
  };
