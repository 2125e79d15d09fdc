// Escape while something is dragged: the drag ends and nobody else hears of the key.

export interface CancelKey {
  /** From now on Escape cancels. */
  listen(): void;
  stop(): void;
}

export function cancelKey(cancel: () => void): CancelKey {
  const key = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    cancel();
  };
  return {
    listen: () => window.addEventListener('keydown', key, true),
    stop: () => window.removeEventListener('keydown', key, true),
  };
}
