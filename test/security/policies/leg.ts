/** One ready policy under attack in front of its real server. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";

import { readToolList } from "../../fixtures/tool-list.ts";
import { printJson } from "../../../src/json/print-json.ts";
import { attacksOn, type PolicyAttacks, readReadyPolicy, withoutLimits } from "./attacks.ts";
import { CASES } from "./cases/cases.ts";
import { installPolicyServer, type PolicyServer } from "./install.ts";
import { effectOf, isStopped } from "./outcome.ts";
import { Program } from "./program.ts";
import type { Backend, Place, Stage } from "./stage.ts";
import { type StandIn, startStandIn } from "./stand-in.ts";
import { vectorsOf } from "./vectors.ts";

/** Characters of arguments. */
const LONG = 100_000;
const MAIN = resolve(import.meta.dirname, "../../../src/main.ts");

export interface PolicyLeg {
  readonly conditions: number;
  /** Forbidden values as they are written, and those whose effect tells them apart on the server without Tollgate. */
  readonly forbidden: number;
  readonly told: number;
  readonly vectors: number;
  /** Vectors that reached the server. */
  readonly passed: number;
  /** Those of them that had the effect of a forbidden value: the bar is 0. */
  readonly executed: number;
  readonly plain: number;
  readonly plainPassed: number;
  readonly faults: readonly string[];
}

export async function attackPolicy(name: string, stage: Stage): Promise<PolicyLeg> {
  const cases = CASES[name];
  if (cases === undefined) throw new Error(`${name}: has no cases`);
  await using scene = await Scene.open(name, stage);
  const attacks = attacksOn(name, cases, scene.place.folder);
  const known = await learnEffects(scene, attacks);
  return await attackWrapped(scene, attacks, known);
}

interface KnownEffects {
  /** Forbidden effects by tool, with the arguments that have them. */
  readonly forbidden: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly told: number;
}

/** Runs every plain and every forbidden call on the server alone. */
async function learnEffects(scene: Scene, { plain, attacks }: PolicyAttacks): Promise<KnownEffects> {
  await using server = await scene.start(scene.alone);
  const allowed = new Map<string, Set<string>>();
  for (const { tool, args } of plain) {
    const { effect } = await server.call(tool, args);
    allowed.set(tool, (allowed.get(tool) ?? new Set<string>()).add(effect));
  }
  const forbidden = new Map<string, Map<string, string>>();
  let told = 0;
  for (const { tool, args } of attacks) {
    const text = printJson(args);
    const { effect } = await server.call(tool, text);
    if (effect === "" || allowed.get(tool)?.has(effect) === true) continue;
    told += 1;
    forbidden.set(tool, (forbidden.get(tool) ?? new Map<string, string>()).set(effect, text));
  }
  return { forbidden, told };
}

async function attackWrapped(
  scene: Scene,
  { plain, attacks, conditions, missing }: PolicyAttacks,
  { forbidden, told }: KnownEffects,
): Promise<PolicyLeg> {
  await using server = await scene.start(scene.wrapped);
  const faults = missing.map((condition) => `no forbidden value for ${condition}`);
  const counts = { vectors: 0, passed: 0, executed: 0, plainPassed: 0 };
  for (const { tool, args } of plain) {
    const { line } = await server.call(tool, args);
    if (isStopped(line)) faults.push(`${tool} ${args} does not pass: ${line.slice(0, 300)}`);
    else counts.plainPassed += 1;
  }
  for (const { tool, args, at, allowed } of attacks) {
    const written = printJson(args);
    // A long value in all its forms takes minutes, and is denied for its length.
    const vectors = written.length > LONG ? [written] : vectorsOf(args, at, allowed);
    for (const vector of vectors) {
      counts.vectors += 1;
      const { line, effect } = await server.call(tool, vector);
      if (isStopped(line)) continue;
      counts.passed += 1;
      const same = forbidden.get(tool)?.get(effect);
      if (same === undefined && vector !== written) continue;
      counts.executed += 1;
      faults.push(
        `${tool} ${vector.slice(0, 200)} has the effect of ${same?.slice(0, 200)}: ${effect.slice(0, 200)}`,
      );
    }
  }
  return { conditions, forbidden: attacks.length, told, plain: plain.length, ...counts, faults };
}

interface Running extends AsyncDisposable {
  readonly call: (tool: string, args: string) => Promise<{ readonly line: string; readonly effect: string }>;
}

class Scene implements AsyncDisposable {
  readonly place: Place;
  readonly alone: readonly string[];
  readonly wrapped: readonly string[];
  readonly #stage: Stage;
  readonly #standIn: StandIn;
  readonly #backend: Backend | undefined;
  readonly #root: string;

  private constructor(parts: {
    readonly name: string;
    readonly stage: Stage;
    readonly server: PolicyServer;
    readonly standIn: StandIn;
    readonly backend: Backend | undefined;
    readonly place: Place;
    readonly root: string;
  }) {
    const { name, stage, server, standIn, backend, place, root } = parts;
    [this.#stage, this.#standIn, this.#backend] = [stage, standIn, backend];
    [this.place, this.#root] = [place, root];
    this.alone = commandOf(name, { stage, server, backend, place });
    const policy = join(root, "policy.json");
    writeFileSync(policy, JSON.stringify(withoutLimits(readReadyPolicy(name))));
    const flags = ["--policy", policy, "--admin", "127.0.0.1:0", "--log-level", "error"];
    this.wrapped = [process.execPath, MAIN, ...flags, "--", ...this.alone];
  }

  static async open(name: string, stage: Stage): Promise<Scene> {
    const server = await installPolicyServer(name);
    const root = mkdtempSync(join(tmpdir(), `policy-${name}-`));
    const folder = join(root, "home");
    mkdirSync(folder);
    for (const [file, text] of Object.entries(readToolList(name).start?.files ?? {}))
      writeFileSync(join(folder, file), text);
    const standIn = await startStandIn(stage.reply ?? (() => undefined), stage.isNoise);
    const { port, tlsPort, authority } = standIn;
    const place = { folder, port, tlsPort, authority };
    stage.reset?.(folder);
    const backend = await stage.backend?.(place, server.root);
    return new Scene({ name, stage, server, standIn, backend, place, root });
  }

  async start(command: readonly string[]): Promise<Running> {
    const program = new Program(command, this.place.folder);
    await program.initialize();
    for (const [tool, args] of this.#stage.opening ?? []) await program.call(tool, args);
    let isChanged = true;
    return {
      call: async (tool, args) => {
        if (isChanged) this.#stage.reset?.(this.place.folder);
        this.#drain();
        const line = await program.call(tool, args);
        isChanged = !isStopped(line);
        const seen = !isChanged
          ? []
          : [...this.#drain(), ...(this.#stage.observe?.(this.place.folder) ?? [])];
        return { line, effect: effectOf(line, seen, this.#stage.readsText === true) };
      },
      [Symbol.asyncDispose]: () => program.end(),
    };
  }

  #drain(): string[] {
    return [...this.#standIn.drain(), ...(this.#backend?.drain() ?? [])];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#backend?.close();
    await this.#standIn.close();
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 3 });
  }
}

interface CommandParts {
  readonly stage: Stage;
  readonly server: PolicyServer;
  readonly backend: Backend | undefined;
  readonly place: Place;
}

/** The server with an environment of its own: nothing of this one, such as credentials. */
function commandOf(name: string, { stage, server, backend, place }: CommandParts): readonly string[] {
  const { start } = readToolList(name);
  if (start === undefined) throw new Error(`${name}: the list does not say how the server starts`);
  const fill = (text: string): string => text.replaceAll("{folder}", place.folder);
  const proxy = `http://127.0.0.1:${place.port}`;
  const env = {
    PATH: [server.programs, dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter),
    HOME: place.folder,
    HTTPS_PROXY: proxy,
    HTTP_PROXY: proxy,
    NO_PROXY: "127.0.0.1",
    SSL_CERT_FILE: place.authority,
    REQUESTS_CA_BUNDLE: place.authority,
    AWS_CA_BUNDLE: place.authority,
    NODE_EXTRA_CA_CERTS: place.authority,
    NODE_OPTIONS: `--import ${resolve(import.meta.dirname, "redirect-tls.mjs")}`,
    PYTHONDONTWRITEBYTECODE: "1",
    STAND_IN_PORT: String(place.tlsPort),
    ...start.env,
    ...backend?.env,
    ...stage.env?.(place),
  };
  const variables = Object.entries(env).map(([key, value]) => `${key}=${fill(value)}`);
  const args = backend?.args ?? stage.args?.(place) ?? start.args.map(fill);
  return ["/usr/bin/env", "-i", ...variables, join(server.programs, stage.command ?? start.command), ...args];
}
