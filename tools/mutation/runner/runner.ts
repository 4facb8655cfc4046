/**
 * Runs tests for Stryker in the process that Stryker starts, where no runner of tests starts again for each mutant. A mutant that acts when its module starts
 * is tried with modules of its own, and so is one that survives with modules that were used before.
 */

import { globSync } from "node:fs";
import { hookModules, importFile, reaches, renewModules } from "./modules.ts";
import { nearestFirst } from "./nearest-first.ts";
import { collectTests, type CollectedTest, isLate, runTests } from "./suite.ts";
import { configureTests, LEFT_OUT, TEST_FILES } from "./tests.ts";

/** The state that instrumented code shares with the runner, under a global name. */
interface Namespace {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number;
  hitLimit?: number | undefined;
  mutantCoverage?: object;
}

interface MutantRun {
  readonly activeMutant: { readonly id: string };
  readonly sandboxFileName: string;
  /** Ids of the tests that run the mutant; absent for one that acts when its module starts. */
  readonly testFilter?: readonly string[];
  readonly hitLimit?: number;
  readonly mutantActivation: "runtime" | "static";
}

type Outcome =
  | { readonly status: "survived"; readonly nrOfTests: number }
  | { readonly status: "timeout"; readonly reason: string }
  | { readonly status: "error"; readonly errorMessage: string }
  | {
      readonly status: "killed";
      readonly killedBy: readonly string[];
      readonly failureMessage: string;
      readonly nrOfTests: number;
    };

/** Stryker's statuses of a test. */
const PASSED = 0;
const FAILED = 1;

class CoreTestRunner {
  readonly #namespace: Namespace = sharedNamespace();
  #files: string[] = [];
  #loaded = new Map<string, CollectedTest[]>();

  capabilities(): object {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    // Stryker enters its copy of the project only now.
    hookModules(process.cwd());
    // A mutant may reject a promise that no test waits for.
    process.on("unhandledRejection", () => {});
    configureTests();
    this.#files = globSync([...TEST_FILES], { exclude: LEFT_OUT }).toSorted();
    for (const file of this.#files) await this.#testsOf(file);
  }

  async dryRun(): Promise<object> {
    const tests: object[] = [];
    for (const file of this.#files) tests.push(...(await this.#dryRunFile(file)));
    return { status: "complete", tests, mutantCoverage: this.#namespace.mutantCoverage };
  }

  async mutantRun(run: MutantRun): Promise<Outcome> {
    const mutated = run.sandboxFileName.slice(process.cwd().length + 1);
    const reaching = this.#files.filter((file) => reaches(file, mutated));
    const files = nearestFirst(mutated, reaching);
    if (run.mutantActivation === "runtime") {
      const outcome = await this.#runFiles(run, files);
      const isSure = outcome.status !== "killed" || (await this.#passUnchanged(outcome.killedBy));
      if (isSure && outcome.status !== "survived") return outcome;
    }
    return this.#runAgain(run, files);
  }

  async #dryRunFile(file: string): Promise<object[]> {
    const results: object[] = [];
    let startMs = 0;
    const resultOf = ({ id, name }: CollectedTest): object => {
      return { id, name, fileName: file, timeSpentMs: performance.now() - startMs };
    };
    const failure = await runTests(await this.#testsOf(file), {
      onStart: (test) => {
        this.#namespace.currentTestId = test.id;
        startMs = performance.now();
      },
      onPassed: (test) => {
        this.#namespace.currentTestId = undefined;
        results.push({ ...resultOf(test), status: PASSED });
      },
    });
    if (failure === undefined) return results;
    const failureMessage = String(failure.error);
    return [...results, { ...resultOf(failure.test), status: FAILED, failureMessage }];
  }

  /** Runs the tests with modules of their own, and leaves those of before as they are. */
  async #runAgain(run: MutantRun, files: readonly string[]): Promise<Outcome> {
    const before = this.#loaded;
    this.#loaded = new Map();
    renewModules();
    const outcome = await this.#runFiles(run, files);
    this.#loaded = before;
    return outcome;
  }

  /** Runs the tests of files until one fails. */
  async #runFiles(run: MutantRun, files: readonly string[]): Promise<Outcome> {
    const { activeMutant, hitLimit, testFilter } = run;
    const wanted = testFilter && new Set(testFilter);
    const wantedFiles = new Set(testFilter?.map((id) => id.split("#", 1)[0]) ?? files);
    Object.assign(this.#namespace, { activeMutant: activeMutant.id, hitLimit, hitCount: 0 });
    let nrOfTests = 0;
    try {
      for (const file of files.filter((each) => wantedFiles.has(each))) {
        const tests = (await this.#testsOf(file)).filter(({ id }) => wanted?.has(id) ?? true);
        nrOfTests += tests.length;
        const failure = await runTests(tests);
        const outcome = this.#timeout(failure?.error) ?? (failure && killedBy(failure, nrOfTests));
        if (outcome !== undefined) return outcome;
      }
      return { status: "survived", nrOfTests };
    } catch (error) {
      return this.#timeout(error) ?? { status: "error", errorMessage: String(error) };
    } finally {
      this.#namespace.activeMutant = undefined;
    }
  }

  /** The outcome of a mutant that never ends: it was run far more often than without the change, or for too long. */
  #timeout(error: unknown): Outcome | undefined {
    const { hitCount = 0, hitLimit = Infinity } = this.#namespace;
    if (hitCount > hitLimit) return { status: "timeout", reason: "it runs too often" };
    if (!isLate(error)) return undefined;
    this.#forgetModules();
    return { status: "timeout", reason: "a test takes too long" };
  }

  /** Whether the tests that a mutant failed pass without it; if not, an earlier mutant has left something behind. */
  async #passUnchanged(ids: readonly string[]): Promise<boolean> {
    const tests = [...this.#loaded.values()].flat().filter(({ id }) => ids.includes(id));
    if ((await runTests(tests)) === undefined) return true;
    this.#forgetModules();
    return false;
  }

  #forgetModules(): void {
    this.#loaded = new Map();
    renewModules();
  }

  async #testsOf(file: string): Promise<CollectedTest[]> {
    const known = this.#loaded.get(file);
    if (known !== undefined) return known;
    const tests = await collectTests(file, () => importFile(file));
    this.#loaded.set(file, tests);
    return tests;
  }
}

function sharedNamespace(): Namespace {
  const shared: Record<string, Namespace | undefined> = globalThis as never;
  return (shared["__stryker__"] ??= {});
}

function killedBy({ test, error }: { test: CollectedTest; error: unknown }, nrOfTests: number): Outcome {
  return { status: "killed", killedBy: [test.id], failureMessage: String(error), nrOfTests };
}

export const strykerPlugins = [{ kind: "TestRunner", name: "core", injectableClass: CoreTestRunner }];
