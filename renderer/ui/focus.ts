// Puts the focus into a field that a person opened to type into: `{@attach takeFocus}`.
import type { Attachment } from 'svelte/attachments';

export const takeFocus: Attachment<HTMLElement> = (element) => element.focus();
