/** Checks who may read secrets and write policies, and whether logs and states can be written. */

import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Settings } from "../../config/settings/settings.ts";
import { policyPaths } from "../../config/files/policy-set.ts";
import { errorCode, readProblem, writeProblem } from "../../config/file-fault.ts";
import { finding, type Finding } from "./findings.ts";

const READ_BY_OTHERS = 0o044;
const WRITTEN_BY_OTHERS = 0o022;

export function checkFiles(settings: Settings): Finding[] {
  const secrets = secretFiles(settings);
  const policies = policyPaths(settings);
  const written = writtenFiles(settings);
  const found = [
    ...secrets.flatMap((path) => checkMode(path, READ_BY_OTHERS)),
    ...policies.flatMap((path) => checkMode(path, WRITTEN_BY_OTHERS)),
    ...written.flatMap(checkWritable),
  ];
  const count = secrets.length + policies.length + written.length;
  return found.length > 0
    ? found
    : [finding("files-good", `${count} secrets, policies and logs have the rights that they need`)];
}

function secretFiles({ adminToken, admin, tls, identity, upstream }: Settings): string[] {
  const tokens = [adminToken, admin.readToken].flatMap((source) =>
    source !== undefined && "file" in source ? [source.file] : [],
  );
  const client = upstream.kind === "http" ? upstream.tls.client?.key : undefined;
  const paths = [...tokens, admin.tls?.key, tls?.key, client, identity.sessionKeyFile];
  return paths.filter((path) => path !== undefined);
}

function writtenFiles({ audit, freeze, approvals, labels }: Settings): string[] {
  const log = audit === "-" || typeof audit === "object" ? undefined : audit;
  return [log, freeze.state, approvals.state, labels.correctionsFile].filter((path) => path !== undefined);
}

function checkMode(path: string, mask: number): Finding[] {
  try {
    const { mode } = statSync(path);
    const isSecret = mask === READ_BY_OTHERS;
    // Windows has no such rights.
    if ((mode & mask) === 0 || process.platform === "win32") return [];
    const rights = (mode & 0o777).toString(8).padStart(3, "0");
    return isSecret
      ? [finding("file-exposed", `${path}: others can read this secret (mode ${rights})`)]
      : [finding("file-open", `${path}: others can write this policy (mode ${rights})`)];
  } catch (error) {
    return [finding("file-unusable", readProblem(path, error))];
  }
}

/** A file that does not exist yet needs a folder that can be written. */
function checkWritable(path: string): Finding[] {
  try {
    accessSync(path, constants.W_OK);
    return [];
  } catch (error) {
    if (errorCode(error) !== "ENOENT") return [finding("file-unusable", writeProblem(path, error))];
  }
  try {
    accessSync(dirname(path), constants.W_OK);
    return [];
  } catch (error) {
    return [finding("file-unusable", writeProblem(path, error))];
  }
}
