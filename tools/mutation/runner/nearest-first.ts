/** The order in which the tests of a mutant run: the first failing test ends the run, so those of its own room come first. */

/** Sorts test files by their distance from a source file. Leaves out tests of the settings and commands where the room has close tests of its own. */
export function nearestFirst(mutated: string, files: readonly string[]): string[] {
  const own = mutated.replace(/^src\//, "").replace(/\.ts$/, "");
  const isFarTested = /^policy\/(?:lint|explain|schema|document)\//.test(own);
  const near = files.filter((file) => isFarTested || !/^test\/(?:config|commands)\//.test(file));
  return near.toSorted((one, other) => distance(own, one) - distance(own, other));
}

/** How far a test file is from a source file: 0 for its own tests, then by the folders that both share. */
function distance(own: string, file: string): number {
  const tested = file.replace(/^test\//, "").replace(/\.test\.ts$/, "");
  if (tested === own) return 0;
  const ownFolders = own.split("/").slice(0, -1);
  const folders = tested.split("/").slice(0, -1);
  const shared = ownFolders.findIndex((folder, at) => folders[at] !== folder);
  const common = shared === -1 ? ownFolders.length : shared;
  return 1 + ownFolders.length - common + (folders.length - common);
}
