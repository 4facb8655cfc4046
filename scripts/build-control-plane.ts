/** Builds the control plane of `npm run test:kubernetes` where it is missing, once for all of its files, and prints its path. */

import { controlPlaneProgram, writeVolumeProgram } from "../test/system/kubernetes/build.ts";

try {
  console.log(`test:kubernetes: kube-apiserver and kube-controller-manager are in ${controlPlaneProgram()}`);
  console.log(`test:kubernetes: volumes are written by ${writeVolumeProgram()}`);
} catch (error) {
  console.error(`test:kubernetes: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
