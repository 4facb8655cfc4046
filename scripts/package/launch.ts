#!/usr/bin/env node
/** `dist/main.js`: starts the program, or says which Node it needs. Every Node since 14.8 can read this file. */

const OLDEST = { major: 22, minor: 19 };
const UNAVAILABLE = 69;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor)) {
  process.stderr.write(
    `tollgate: needs Node ${OLDEST.major}.${OLDEST.minor} or later, and ${process.execPath} is Node ${process.versions.node}; ` +
      "install a newer one from https://nodejs.org, or use Tollgate's executable, which has its own\n",
  );
  process.exitCode = UNAVAILABLE;
} else {
  await import("./start.ts");
}
