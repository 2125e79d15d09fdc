// Puts the focus into a field that a person opened to type into: `{@attach takeFocus}`.
import type { Attachment } from 'svelte/attachments';

export const takeFocus: Attachment<HTMLElement> = (element) => {
  // A dialog moves the focus itself while it opens; this comes after.
  queueMicrotask(() => element.focus());
};
