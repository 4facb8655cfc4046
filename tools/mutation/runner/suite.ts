/** Stands in for the module "vitest" while mutants run: collects tests, and runs chosen ones in this process. */

import { format } from "node:util";
import { Script } from "node:vm";

export { expect } from "vitest";

type Hook = (context: HookContext) => unknown;
type Body = (...args: unknown[]) => unknown;

interface HookContext {
  readonly task: { readonly name: string };
  readonly skip: () => never;
}

/** A file, or a `describe` in it. */
interface Suite {
  readonly parent?: Suite;
  readonly beforeAll: Hook[];
  readonly afterAll: Hook[];
  readonly beforeEach: Hook[];
  readonly afterEach: Hook[];
}

export interface CollectedTest {
  readonly id: string;
  readonly name: string;
  readonly suite: Suite;
  readonly run: () => unknown;
}

export interface TestEvents {
  readonly onStart?: (test: CollectedTest) => void;
  /** Also called for a test that is skipped. */
  readonly onPassed?: (test: CollectedTest) => void;
}

/** How long a test may take, in milliseconds: only one that never ends takes so long, also on a busy machine. */
const MAX_TEST_MS = 60_000;

class SkippedError extends Error {}
class LateError extends Error {}

const root = newSuite();
const emptyContext: HookContext = { task: { name: "" }, skip: skipTest };
let current = root;
let names: string[] = [];
let tests: CollectedTest[] = [];
let file = "";
let finished: (() => unknown)[] = [];

/** Collects the tests that importing a file declares. */
export async function collectTests(
  path: string,
  importFile: () => Promise<unknown>,
): Promise<CollectedTest[]> {
  file = path;
  tests = [];
  current = newSuite(root);
  try {
    await importFile();
    return tests;
  } finally {
    current = root;
  }
}

/**
 * Runs tests of one file in their order until one fails.
 * @returns the test that failed and its error; undefined when none did
 */
export async function runTests(
  chosen: readonly CollectedTest[],
  { onStart, onPassed }: TestEvents = {},
): Promise<{ test: CollectedTest; error: unknown } | undefined> {
  const entered: Suite[] = [];
  try {
    for (const test of chosen) {
      onStart?.(test);
      const error = await errorOf(() => runTest(test, entered));
      if (error !== undefined && !(error instanceof SkippedError)) return { test, error };
      onPassed?.(test);
    }
    return undefined;
  } finally {
    for (const suite of entered.toReversed())
      for (const hook of suite.afterAll) await errorOf(() => hook(emptyContext));
  }
}

async function runTest(test: CollectedTest, entered: Suite[]): Promise<void> {
  const suites = suitesOf(test.suite);
  for (const suite of suites) {
    if (entered.includes(suite)) continue;
    entered.push(suite);
    for (const hook of suite.beforeAll) await hook(emptyContext);
  }
  const context: HookContext = { task: { name: test.name }, skip: skipTest };
  finished = [];
  try {
    for (const suite of suites) for (const hook of suite.beforeEach) await hook(context);
    await inTime(untilLate(test.run));
  } finally {
    for (const suite of suites.toReversed()) for (const hook of suite.afterEach) await hook(context);
    for (const each of finished) await each();
  }
}

const RUN = new Script("globalThis.runTestOfMutant()");

/** Runs a test up to its first wait, and ends it when it never ends by itself. */
function untilLate(run: () => unknown): unknown {
  Object.assign(globalThis, { runTestOfMutant: run });
  return RUN.runInThisContext({ timeout: MAX_TEST_MS });
}

/** Whether the error is that of a test that did not end. */
export function isLate(error: unknown): boolean {
  return (
    error instanceof LateError ||
    (error instanceof Error && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT")
  );
}

async function inTime(result: unknown): Promise<void> {
  if (!(result instanceof Promise)) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new LateError()), MAX_TEST_MS);
  });
  try {
    await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The error that an action throws; undefined when it throws none. */
async function errorOf(action: () => unknown): Promise<unknown> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return error ?? new Error("nothing was thrown");
  }
}

function skipTest(): never {
  throw new SkippedError();
}

/** The suites of a test, the outermost first. */
function suitesOf(suite: Suite): Suite[] {
  return [...(suite.parent === undefined ? [] : suitesOf(suite.parent)), suite];
}

function newSuite(parent?: Suite): Suite {
  return { ...(parent && { parent }), beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] };
}

export function describe(title: string, body: () => void): void {
  const outer = current;
  current = newSuite(outer);
  names.push(title);
  try {
    body();
  } finally {
    names.pop();
    current = outer;
  }
}

export function it(title: string, ...rest: unknown[]): void {
  const body = rest.find((each) => typeof each === "function") as Body;
  add(title, () => body(emptyContext));
}

it.each =
  (table: readonly unknown[]) =>
  (title: string, ...rest: unknown[]): void => {
    const body = rest.find((each) => typeof each === "function") as Body;
    const areLists = table.every(Array.isArray);
    for (const row of table) {
      const args: unknown[] = areLists && Array.isArray(row) ? row : [row];
      add(titleOf(title, args), () => body(...args));
    }
  };

export const test = it;

export const beforeAll = (hook: Hook): unknown => current.beforeAll.push(hook);
export const afterAll = (hook: Hook): unknown => current.afterAll.push(hook);
export const beforeEach = (hook: Hook): unknown => current.beforeEach.push(hook);
export const afterEach = (hook: Hook): unknown => current.afterEach.push(hook);
export const onTestFinished = (hook: () => unknown): unknown => finished.push(hook);

function add(title: string, run: () => unknown): void {
  const name = [...names, title].join(" > ");
  tests.push({ id: `${file}#${tests.length} ${name}`, name, suite: current, run });
}

function titleOf(title: string, args: readonly unknown[]): string {
  const count = title.replaceAll("%%", "").match(/%[sdifjoOc]/g)?.length ?? 0;
  return format(title, ...args.slice(0, count)).slice(0, 200);
}
