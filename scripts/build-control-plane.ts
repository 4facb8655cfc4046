/** Builds the control plane of `npm run test:kubernetes` where it is missing, once for all of its files, and prints its path. */

import { controlPlaneProgram } from "../test/system/kubernetes/build.ts";

try {
  console.log(`test:kubernetes: kube-apiserver and kube-controller-manager are in ${controlPlaneProgram()}`);
} catch (error) {
  console.error(`test:kubernetes: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
