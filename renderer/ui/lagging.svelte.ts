// Values that may be one frame behind: what is costly to draw follows a fast typist frame by frame instead of key by key, while what
// must be there at once (the text, its problems) is not kept waiting.

/** The value as it was when the last frame was begun. Call it where effects can be made. */
export function lagging<T>(now: () => T): { readonly current: T } {
  let shown = $state.raw(now());
  let frame: number | undefined;
  $effect(() => {
    if (now() === shown || frame !== undefined) return;
    // Behind the frame that shows the problems, so that it is not kept waiting either.
    frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        frame = undefined;
        shown = now();
      });
    });
  });
  $effect(() => () => {
    if (frame !== undefined) cancelAnimationFrame(frame);
  });
  return {
    get current() {
      return shown;
    },
  };
}
