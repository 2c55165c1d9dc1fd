/** The part of the espeak-ng package (WebAssembly, no types of its own) that the samples use. */
declare module 'espeak-ng' {
  interface Machine {
    readonly FS: { readFile(path: string): Uint8Array };
  }
  const speak: (options: { readonly arguments: readonly string[] }) => Promise<Machine>;
  export = speak;
}
