/** Compares docs/openapi.yaml with the admin listener's actual responses. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Ajv2020 as Validator } from "ajv/dist/2020.js";
import type { FormatsPlugin } from "ajv-formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { CATEGORIES } from "../../src/policy/category/category.ts";
import { EFFECTS, REASONS } from "../../src/policy/mode.ts";
import { startConsoleSidecar, type ConsoleSidecar } from "../fixtures/console-sidecar.ts";

// Both are CommonJS, whose default export is not what their types say under ECMAScript modules.
const require = createRequire(import.meta.url);
const { Ajv2020 }: { Ajv2020: typeof Validator } = require("ajv/dist/2020.js");
const { default: addFormats }: { default: FormatsPlugin } = require("ajv-formats");

interface Operation {
  readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly content?: Content }>>;
}
type Content = Readonly<Record<string, { readonly schema?: { readonly $ref: string } }>>;
interface Page {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, { readonly enum?: readonly string[] }>>;
    readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
  };
}

const PAGE: Page = parse(readFileSync(new URL("../../docs/openapi.yaml", import.meta.url), "utf8"));
const ajv = addFormats(new Ajv2020({ allErrors: true, strict: false }));
ajv.addSchema({ $id: "page", components: PAGE.components });

let stage: ConsoleSidecar;
let approval: string;
const seen = new Set<string>();

beforeAll(async () => {
  stage = await startConsoleSidecar({
    config: 'audit: { capture: [{ tool: "DropTable", paths: ["args.table"] }] }\n',
  });
  await stage.list();
  await stage.call("RunBatch", { size: 250 });
  await stage.call("RunBatch", { size: "many" });
  await stage.claim("somebody", "Query");
  await stage.call("DropTable", { table: "samples", because: "s3cr3t" });
  const { approvals } = JSON.parse((await ask("get", "/approvals")).text);
  approval = approvals[0].id;
});
afterAll(() => stage.stop());

async function ask(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
  const response = await fetch(stage.sidecar.adminUrl + path, {
    method: method.toUpperCase(),
    headers: { "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

/** The differences between a response and its description in the page. */
async function faults(method: string, path: string, asked: { at?: string; body?: object } = {}) {
  const { status, text } = await ask(method, asked.at ?? path, asked.body);
  seen.add(`${method} ${path} ${status}`);
  const described = PAGE.paths[path]?.[method]?.responses[String(status)];
  const response =
    described?.$ref === undefined ? described : PAGE.components.responses[nameIn(described.$ref)];
  const reference = response?.content?.["application/json"]?.schema?.$ref;
  if (reference === undefined) return [`${status} is not described: ${text}`];
  const validate = ajv.compile({ $ref: `page${reference}` });
  return validate(JSON.parse(text)) ? [] : (validate.errors ?? []);
}

function nameIn(reference: string): string {
  return reference.split("/").at(-1) ?? "";
}

async function latestId(query = ""): Promise<string> {
  return JSON.parse((await ask("get", `/decisions?limit=1${query}`)).text).decisions[0].id;
}

describe("docs/openapi.yaml", () => {
  it.each([
    "/healthz",
    "/readyz",
    "/policy",
    "/tools",
    "/activity",
    "/limits",
    "/decisions",
    "/approvals",
    "/freeze",
  ])("describes the response of GET %s", async (path) => {
    expect(await faults("get", path)).toEqual([]);
  });

  it.each([
    "",
    "&reason=condition",
    "&reason=condition_unevaluable",
    "&reason=approval_required",
    "&effect=allow",
  ])("describes an explained decision (%s)", async (query) => {
    expect(await faults("get", "/decisions/{id}", { at: `/decisions/${await latestId(query)}` })).toEqual([]);
  });

  it("describes the responses of the control endpoints", async () => {
    const who = { by: "operator", reason: "because" };
    const settle = `/approvals/${approval}`;
    expect(await faults("get", "/approvals")).toEqual([]);
    const path = "/approvals/{id}/approve";
    expect(await faults("post", path, { at: `${settle}/approve`, body: {} })).toEqual([]);
    expect(await faults("post", path, { at: `${settle}/approve`, body: who })).toEqual([]);
    expect(await faults("post", "/approvals/{id}/reject", { at: `${settle}/reject`, body: who })).toEqual([]);
    expect(await faults("post", path, { at: "/approvals/none/approve", body: who })).toEqual([]);
    expect(await faults("get", "/approvals")).toEqual([]);
    expect(await faults("post", "/approvals/reject", { body: { ...who, ids: [approval] } })).toEqual([]);
    expect(await faults("post", "/approvals/reject", { body: { ...who, ids: [] } })).toEqual([]);
    expect(await faults("post", "/freeze", { body: { ...who, agent: "a", minutes: 1 } })).toEqual([]);
    expect(await faults("post", "/freeze", { body: { by: "operator", tool: "t" } })).toEqual([]);
    expect(await faults("post", "/freeze", { body: { minutes: 0 } })).toEqual([]);
    expect(await faults("get", "/freeze")).toEqual([]);
    expect(await faults("post", "/unfreeze", { body: { by: "operator", tool: "t" } })).toEqual([]);
    expect(await faults("post", "/unfreeze", { body: { by: "operator", tool: "t" } })).toEqual([]);
  });

  it("describes the lines that correct a label", async () => {
    const label = "/tools/label";
    const at = (category: string, tool = "RunBatch") => ({
      at: `${label}?tool=${tool}&category=${category}`,
    });
    expect(await faults("get", label, at("write"))).toEqual([]);
    expect(await faults("get", label, at("wrote"))).toEqual([]);
    expect(await faults("get", label, at("write", "none"))).toEqual([]);
    const body = { by: "operator", tool: "RunBatch", category: "write" };
    expect(await faults("post", label, { body })).toEqual([]);
    expect(await faults("post", label, { body: {} })).toEqual([]);
  });

  it("describes what another policy would have decided", async () => {
    const policy = '{ "version": "1", "default": "deny" }';
    expect(await faults("post", "/policy/try", { body: { policy } })).toEqual([]);
    expect(await faults("post", "/policy/try", { body: { policy: "{" } })).toEqual([]);
  });

  it("describes the refusals", async () => {
    expect(await faults("get", "/decisions", { at: "/decisions?limit=0" })).toEqual([]);
    expect(await faults("get", "/decisions/stream", { at: "/decisions/stream?x=1" })).toEqual([]);
    expect(await faults("get", "/decisions/{id}", { at: "/decisions/none" })).toEqual([]);
  });

  it("was compared with every path that responds with JSON", () => {
    const paths = Object.entries(PAGE.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    const compared = new Set([...seen].map((one) => one.replace(/ \d+$/, "")));
    expect(paths.filter((path) => !compared.has(path))).toEqual(["get /", "get /metrics"]);
  });

  it("has every path that the listener lists", async () => {
    const { see }: { see: string[] } = JSON.parse((await ask("get", "/nothing-here")).text);
    const described = Object.keys(PAGE.paths).map((path) => path.replace("{id}", ":id"));
    expect(see.filter((path) => !described.includes(path))).toEqual([]);
  });

  it("has every value of the enumerations", () => {
    const { schemas } = PAGE.components;
    expect(schemas["Effect"]?.enum).toEqual(EFFECTS);
    expect(schemas["Reason"]?.enum).toEqual(REASONS);
    expect(schemas["Category"]?.enum?.toSorted()).toEqual(CATEGORIES.toSorted());
  });

  it("shows only the values that capture keeps", async () => {
    const { text } = await ask("get", "/approvals");
    expect(text).toContain('"captured":{"args.table":"samples"}');
    expect(text).not.toContain("s3cr3t");
  });
});
