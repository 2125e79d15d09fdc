// What the window tells unasked: refusals of services, a lost engine, trouble in the store, and the undo of deletions.
import { ServiceError } from '../../engine/contract/index.ts';

export interface NoticeAction {
  label: string;
  run: () => void;
}

export interface Notice {
  id: number;
  severity: 'info' | 'warning' | 'error';
  /** One sentence: the thing, the reason, the next step. */
  text: string;
  actions: NoticeAction[];
}

/** How long a notice stays that needs no answer, in milliseconds. */
const INFO_STAYS = 8000;

export class Notices {
  list = $state.raw<readonly Notice[]>([]);
  #next = 1;

  show(severity: Notice['severity'], text: string, actions: NoticeAction[] = []): number {
    const notice = { id: this.#next++, severity, text, actions };
    this.list = [...this.list.filter((other) => other.text !== text), notice];
    if (severity === 'info') setTimeout(() => this.dismiss(notice.id), INFO_STAYS);
    return notice.id;
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  /** Says why something that the person asked for did not happen. */
  report(error: unknown): void {
    this.show('error', reasonOf(error));
  }
}

/** The sentence of a refusal; anything else that was thrown is named as unexpected, with its message. */
export function reasonOf(error: unknown): string {
  if (error instanceof ServiceError) return error.message;
  return `Something unexpected failed: ${error instanceof Error ? error.message : String(error)}. Nothing that was saved is lost.`;
}
