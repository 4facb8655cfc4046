/** The names under which the program is started. */

import { describe, expect, it } from "vitest";
import { wordsOf } from "../../../src/commands/kubectl-plugin.ts";

describe("the words of the command line", () => {
  it.each([
    [["node", "/usr/bin/tollgate", "status"], "node", ["status"]],
    [["node", "/usr/bin/kubectl-tollgate", "status", "-A"], "node", ["kube", "status", "-A"]],
    [["node", "C:/tools/kubectl-tollgate.exe", "diff"], "node", ["kube", "diff"]],
    // The self-contained executable: its path is that of the file, and argv0 is the name of the link.
    [["/opt/tollgate", "/opt/tollgate"], "kubectl-tollgate", ["kube"]],
    [["node", "/home/kubectl-tollgate/main.js", "run"], "node", ["run"]],
  ])("%j as %s are %j", (argv, argv0, words) => {
    expect(wordsOf({ argv, argv0 })).toEqual(words);
  });
});
