/** The part of WebAssembly that the schema engine needs; TypeScript ships its types only together with the browser's. */
declare namespace WebAssembly {
  type Exports = Record<string, unknown>;
  type Imports = Record<string, unknown>;
  function instantiate(bytes: Uint8Array, imports: Imports): Promise<{ instance: { exports: Exports } }>;
}
