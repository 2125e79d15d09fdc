// The program of the translator's thread, as a function that starts it.

export const translator = async (): Promise<void> => (await import('../service/translator-thread.ts')).serveRequests();

/** Translates images of code; see keep.ts. */
export async function practise(images: readonly Uint8Array[]): Promise<void> {
  const { practise } = await import('../cpu/region/practice.ts');
  for (const image of images) practise(image);
}
