/** Ends every outside process that the engine started, so that the program itself can end. */
export async function shutdownBinaries(): Promise<void> {
  const { endExifTool } = await import('./exiftool.ts');
  await endExifTool();
}
