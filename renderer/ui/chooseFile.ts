// Lets the person choose a file to read: the browser's own file dialog, which Electron shows natively.

export interface ChosenFile {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Undefined if the person chose none. `accept` as in HTML: endings and media types. */
export function chooseFile(accept: string): Promise<ChosenFile | undefined> {
  return new Promise((resolve, reject) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = accept;
    input.addEventListener('cancel', () => resolve(undefined));
    input.addEventListener('change', () => {
      const file = input.files?.[0];
      if (!file) resolve(undefined);
      else file.arrayBuffer().then((buffer) => resolve({ name: file.name, bytes: new Uint8Array(buffer) }), reject);
    });
    input.click();
  });
}
