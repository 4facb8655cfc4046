/** The program under the name `kubectl-tollgate`, by which kubectl finds it: `kubectl tollgate status` is `tollgate kube status`. */

import { basename } from "node:path";

/** The words after the program's name. `argv0` is that name where the program is one executable. */
export function wordsOf({ argv, argv0 }: Pick<NodeJS.Process, "argv" | "argv0">): readonly string[] {
  const [, script = "", ...given] = argv;
  return [script, argv0].some(isPlugin) ? ["kube", ...given] : given;
}

function isPlugin(program: string): boolean {
  return /^kubectl-tollgate(?:\.\w+)?$/.test(basename(program));
}
