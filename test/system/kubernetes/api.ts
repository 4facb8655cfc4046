/** A client of the Kubernetes API: objects by kind and name, applied server-side, with every warning. */

import https from "node:https";
import { text } from "node:stream/consumers";
import * as z from "zod";
import type { KubernetesObject } from "../deploy/objects.ts";

export interface ApiAnswer {
  readonly status: number;
  /** The media type. */
  readonly type: string | undefined;
  readonly body: unknown;
  /** The texts of the Warning headers: what kubectl prints. */
  readonly warnings: readonly string[];
}

export interface ApiAccess {
  /** Origin of the API server. */
  readonly url: string;
  /** PEM of its authority. */
  readonly ca: string;
  /** The bearer token; absent: an anonymous caller. */
  readonly token?: string;
}

export interface ApiRequest {
  readonly method?: string;
  readonly body?: unknown;
  readonly type?: string;
}

const RESOURCES = z.object({
  resources: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      namespaced: z.boolean(),
      verbs: z.array(z.string()).nullable(),
    }),
  ),
});
export type ApiResource = z.infer<typeof RESOURCES>["resources"][number] & {
  /** Such as `/apis/apps/v1`. */
  readonly group: string;
};
const GROUPS = z.object({
  groups: z.array(z.object({ preferredVersion: z.object({ groupVersion: z.string() }) })),
});
const LIST = z.object({
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })),
});

export class KubernetesApi {
  readonly #access: ApiAccess;
  readonly #resources = new Map<string, readonly ApiResource[]>();

  constructor(access: ApiAccess) {
    this.#access = access;
  }

  /** The same server, asked by another caller. */
  as(token: string | undefined): KubernetesApi {
    const { url, ca } = this.#access;
    return new KubernetesApi({ url, ca, ...(token !== undefined && { token }) });
  }

  /** @throws when the server cannot be reached */
  async ask(
    path: string,
    { method = "GET", body, type = "application/json" }: ApiRequest = {},
  ): Promise<ApiAnswer> {
    const { url, ca, token } = this.#access;
    const { promise, resolve, reject } = Promise.withResolvers<ApiAnswer>();
    const headers = {
      accept: "application/json, */*",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": type }),
    };
    const request = https.request(new URL(path, url), { method, ca, headers, agent: false }, (response) => {
      text(response)
        .then((received) => ({
          status: response.statusCode ?? 0,
          type: response.headers["content-type"],
          body: parsed(received),
          warnings: warningsIn(response.headers["warning"]),
        }))
        .then(resolve, reject);
    });
    request.on("error", reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  }

  /** The body of an answer that is no error. @throws with the server's own words */
  async get(path: string, request: ApiRequest = {}): Promise<unknown> {
    const answer = await this.ask(path, request);
    if (answer.status >= 300)
      throw new Error(`${request.method ?? "GET"} ${path}: ${describeAnswer(answer)}`);
    return answer.body;
  }

  /** Applies an object server-side, where an unknown field is an error. */
  async apply(object: KubernetesObject, namespace: string): Promise<ApiAnswer> {
    const path = `${await this.pathOf(object, namespace)}?fieldManager=test&force=true&fieldValidation=Strict`;
    return this.ask(path, { method: "PATCH", body: object, type: "application/apply-patch+yaml" });
  }

  /** Its pods and other dependents go as well, by the garbage collector. */
  async remove(object: KubernetesObject, namespace: string): Promise<void> {
    const body = { propagationPolicy: "Background" };
    await this.get(await this.pathOf(object, namespace), { method: "DELETE", body });
  }

  async pathOf({ apiVersion, kind, metadata }: KubernetesObject, namespace: string): Promise<string> {
    const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const found = (await this.#resourcesOf(group)).find((resource) => resource.kind === kind);
    if (found === undefined) throw new Error(`the API server has no ${kind} in ${apiVersion}`);
    const within = found.namespaced ? `/namespaces/${metadata.namespace ?? namespace}` : "";
    return `${group}${within}/${found.name}/${metadata.name}`;
  }

  /** Everything in a namespace, as `kind/name`. */
  async contentOf(namespace: string): Promise<string[]> {
    const resources = (await this.#allResources()).filter(
      ({ namespaced, verbs }) => namespaced && verbs?.includes("list") === true,
    );
    const found = await Promise.all(
      resources.map(async ({ group, name, kind }) => {
        const list = LIST.parse(await this.get(`${group}/namespaces/${namespace}/${name}`));
        return list.items.map(({ metadata }) => `${kind}/${metadata.name}`);
      }),
    );
    return [...new Set(found.flat())].toSorted();
  }

  async #allResources(): Promise<readonly ApiResource[]> {
    const { groups } = GROUPS.parse(await this.get("/apis"));
    const paths = [
      "/api/v1",
      ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`),
    ];
    return (await Promise.all(paths.map((path) => this.#resourcesOf(path)))).flat();
  }

  /** Without subresources. */
  async #resourcesOf(group: string): Promise<readonly ApiResource[]> {
    const known = this.#resources.get(group);
    if (known !== undefined) return known;
    const { resources } = RESOURCES.parse(await this.get(group));
    const found = resources
      .filter(({ name }) => !name.includes("/"))
      .map((resource) => ({ ...resource, group }));
    this.#resources.set(group, found);
    return found;
  }
}

const STATUS = z.looseObject({ message: z.string() });

/** The status and the server's own words, for the message of a failure. */
export function describeAnswer({ status, body }: ApiAnswer): string {
  const { data } = STATUS.safeParse(body);
  return `${status} ${data?.message ?? JSON.stringify(body)}`;
}

function parsed(received: string): unknown {
  try {
    return JSON.parse(received);
  } catch {
    return received;
  }
}

/** RFC 9111 had `299 AGENT "TEXT"` before warnings were deprecated; Node joins several by a comma. */
function warningsIn(header: string | string[] | undefined): string[] {
  const joined = [header ?? []].flat().join(", ");
  return [...joined.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, warning = ""]) => warning);
}
