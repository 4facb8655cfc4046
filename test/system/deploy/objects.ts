/** Kubernetes objects, and what the schemas of a version of Kubernetes and of the Prometheus operator say against them; unknown fields are errors. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { parse, parseAllDocuments } from "yaml";
import * as z from "zod";
import { kubernetesSchemas, prometheusDefinitions } from "./tools.ts";

const OBJECT = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
export type KubernetesObject = z.infer<typeof OBJECT>;

/** The objects of a text of YAML documents. */
export function objectsIn(text: string): KubernetesObject[] {
  return parseAllDocuments(text)
    .map((document): unknown => document.toJS())
    .filter((value) => value !== null)
    .map((value) => OBJECT.parse(value));
}

/** The one object of that kind. @throws when there is none, or another one. */
export function only(objects: readonly KubernetesObject[], kind: string): KubernetesObject {
  const found = objects.filter((object) => object.kind === kind);
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Error(`${found.length} objects are a ${kind}`);
  return first;
}

/** A validator for one version of Kubernetes, such as `1.30.0`: every problem of an object, with its path. */
export function validatorFor(version: string): (object: KubernetesObject) => string[] {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateFormats: false,
    code: { regExp: GO_PATTERN },
  });
  const folder = join(kubernetesSchemas(), `v${version}-local-strict`);
  ajv.addSchema(readJson(join(folder, "_definitions.json")), "_definitions.json");
  const compiled = new Map<string, ValidateFunction>();
  return (object) => {
    const { apiVersion, kind } = object;
    const key = `${apiVersion} ${kind}`;
    const validate = compiled.get(key) ?? ajv.compile(schemaOf(object, folder));
    compiled.set(key, validate);
    if (validate(object)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${kind}${instancePath}: ${message} ${JSON.stringify(params)}`,
    );
  };
}

/** Definitions have patterns in the syntax of Go, where `(?i)` means that case does not matter. */
const GO_PATTERN = Object.assign(
  (pattern: string, flags: string) =>
    new RegExp(pattern.replaceAll("(?i)", ""), pattern.includes("(?i)") ? `${flags}i` : flags),
  { code: "new RegExp" },
);

function schemaOf({ apiVersion, kind }: KubernetesObject, folder: string): object {
  const [group = "", version] = apiVersion.split("/");
  if (group === "monitoring.coreos.com") return closed(definitionOf(kind, version));
  const suffix = version === undefined ? group : `${group.split(".")[0]}-${version}`;
  return readJson(join(folder, `${kind.toLowerCase()}-${suffix}.json`));
}

const DEFINITION = z.object({
  spec: z.object({
    names: z.object({ kind: z.string() }),
    versions: z.array(
      z.object({ name: z.string(), schema: z.object({ openAPIV3Schema: z.looseObject({}) }) }),
    ),
  }),
});

function definitionOf(kind: string, version = ""): object {
  const folder = prometheusDefinitions();
  for (const file of readdirSync(folder)) {
    const { spec } = DEFINITION.parse(parse(readFileSync(join(folder, file), "utf8")));
    const found = spec.versions.find(({ name }) => name === version);
    if (spec.names.kind === kind && found !== undefined) return found.schema.openAPIV3Schema;
  }
  throw new Error(`the Prometheus operator has no ${kind} of version ${version}`);
}

/** The same schema, in which an object has no property but those that are named: what the API server would drop is an error. */
export function closed(schema: object): object {
  const entries = Object.entries(schema).map(([key, value]) => [key, closedValue(value)]);
  const copy = Object.fromEntries(entries);
  const isOpen =
    copy["additionalProperties"] !== undefined || copy["x-kubernetes-preserve-unknown-fields"] === true;
  const names = copy["properties"];
  return names === undefined || isOpen ? copy : { ...copy, additionalProperties: false };
}

function closedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closedValue);
  return typeof value === "object" && value !== null ? closed(value) : value;
}

function readJson(file: string): object {
  return z.looseObject({}).parse(JSON.parse(readFileSync(file, "utf8")));
}
