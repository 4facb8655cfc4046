/** A volume that the kubelet's own code writes: ConfigMaps, Secrets and projected tokens are swapped by it. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { atEnd, temporaryFolder } from "../../fixtures/lifetime.ts";
import { endProcess } from "../../fixtures/processes.ts";
import { writeVolumeProgram } from "./build.ts";

export interface KubeletVolume {
  readonly folder: string;
  /** Replaces the content: texts by the names of their files. Resolves once the volume has them. */
  readonly write: (files: Readonly<Record<string, string>>) => Promise<void>;
}

export function openKubeletVolume(): KubeletVolume {
  const folder = temporaryFolder();
  const writer = spawn(writeVolumeProgram(), [folder], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  atEnd(() => endProcess(writer, "SIGKILL"));
  const lines = createInterface(writer.stdout);
  const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
    writer.stdin.write(`${JSON.stringify(files)}\n`);
    await once(lines, "line");
  };
  return { folder, write };
}
