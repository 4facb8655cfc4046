import { defineConfig } from "vitest/config";

/** Suites that need system programs: `npm run setup:system` installs those. */
export default defineConfig({
  test: {
    include: ["test/system/**/*.test.ts"],
    testTimeout: 120_000,
    // Some unpack or remove thousands of files on a disk that others use.
    hookTimeout: 300_000,
    maxConcurrency: 2,
    // Only a page that hangs takes so long, also on a machine that is busy with other work.
    expect: { poll: { timeout: 60_000 } },
  },
});
