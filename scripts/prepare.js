/** Builds the package after `npm ci`, and when it is packed from its repository. Plain JavaScript: an old Node must be able to say why not. */

import { existsSync } from "node:fs";

const OLDEST = { major: 22, minor: 19 };
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor)) {
  console.error(
    `tollgate: building needs Node ${OLDEST.major}.${OLDEST.minor} or later, and ${process.execPath} is Node ${process.versions.node}; install a newer one from https://nodejs.org`,
  );
  process.exitCode = 1;
} else if (!existsSync(new URL("../src", import.meta.url))) {
  console.error(
    "tollgate: nothing is built: the sources are not here, as in an image that installs packages first",
  );
} else if (!existsSync(new URL("../node_modules/esbuild", import.meta.url))) {
  // npm 11 installs the packages of a cloned repository in the wrong place when --global is given.
  console.error(
    "tollgate: the packages that build it are not installed; in a clone run npm ci, and to install from a repository run npm pack URL and then npm install --global ./mcp-tollgate-*.tgz",
  );
  process.exitCode = 1;
} else {
  const { bundleDist } = await import("./bundle-dist.ts");
  await bundleDist();
  const { buildConsole } = await import("./build-console.ts");
  await buildConsole();
}
