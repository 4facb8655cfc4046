/**
 * Reads kubeconfig files: the cluster, the user and the namespace of one context.
 * Source: Kubernetes, "Organizing Cluster Access Using kubeconfig Files", and the reference of `kubeconfig (v1)`.
 */

import { readFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { readProblem } from "../../../config/file-fault.ts";
import { didYouMean, inBackticks } from "../../../policy/schema/did-you-mean.ts";

/** An absent file of a path, or base64 of its content. */
const text = z.string().min(1).optional().catch(undefined);

const CLUSTER = z.object({
  server: z.string(),
  "certificate-authority": text,
  "certificate-authority-data": text,
  "insecure-skip-tls-verify": z.boolean().optional(),
  "tls-server-name": text,
  "proxy-url": text,
});

const EXEC = z.object({
  apiVersion: z.string(),
  command: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  provideClusterInfo: z.boolean().optional(),
});

const USER = z.object({
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  "client-certificate": text,
  "client-certificate-data": text,
  "client-key": text,
  "client-key-data": text,
  as: text,
  "as-groups": z.array(z.string()).optional(),
  exec: EXEC.nullish(),
  "auth-provider": z.object({ name: z.string() }).nullish(),
});

const CONTEXT = z.object({ cluster: z.string(), user: z.string().default(""), namespace: text });

const CONFIG = z.looseObject({
  "current-context": text,
  clusters: z
    .array(z.object({ name: z.string(), cluster: CLUSTER }))
    .nullish()
    .transform((each) => each ?? []),
  users: z
    .array(z.object({ name: z.string(), user: USER.nullish().transform((user) => user ?? USER.parse({})) }))
    .nullish()
    .transform((each) => each ?? []),
  contexts: z
    .array(z.object({ name: z.string(), context: CONTEXT }))
    .nullish()
    .transform((each) => each ?? []),
});

export type KubeCluster = z.infer<typeof CLUSTER>;
export type KubeUser = z.infer<typeof USER>;
export type ExecPlugin = z.infer<typeof EXEC>;
type KubeConfig = z.infer<typeof CONFIG>;

/** One context. The paths in it are absolute. */
export interface KubeContext {
  readonly name: string;
  readonly cluster: KubeCluster;
  readonly user: KubeUser;
  readonly namespace: string | undefined;
}

export interface KubeconfigSources {
  /** `--kubeconfig`: this file alone. */
  readonly file: string | undefined;
  /** `--context`; absent: the current one. */
  readonly context: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The home folder of the user. */
  readonly home: string;
}

/** The context; undefined when there is no kubeconfig at all; a string is the problem. */
export function readKubeContext(sources: KubeconfigSources): KubeContext | string | undefined {
  const { file, context, environment, home } = sources;
  const listed = environment["KUBECONFIG"]?.split(delimiter).filter((path) => path !== "") ?? [];
  const paths = file === undefined ? (listed.length > 0 ? listed : [join(home, ".kube", "config")]) : [file];
  const configs: KubeConfig[] = [];
  for (const path of paths) {
    const read = readConfig(path, file !== undefined);
    if (typeof read === "string") return read;
    if (read !== undefined) configs.push(read);
  }
  return configs.length === 0 ? undefined : contextIn(configs, context);
}

/** Undefined for a file that does not exist, unless it must. */
function readConfig(path: string, isRequired: boolean): KubeConfig | string | undefined {
  try {
    const parsed = CONFIG.safeParse(parse(readFileSync(path, "utf8")) ?? {});
    if (parsed.success) return withAbsolutePaths(parsed.data, dirname(resolve(path)));
    const [issue] = parsed.error.issues;
    return `${path}: ${issue?.path.join(".") || "the file"}: is not as in a kubeconfig`;
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (isMissing && !isRequired) return undefined;
    return error instanceof Error && "code" in error && "errno" in error
      ? readProblem(path, error)
      : `${path}: is not valid YAML`;
  }
}

const CLUSTER_FILES = ["certificate-authority"] as const;
const USER_FILES = ["client-certificate", "client-key", "tokenFile"] as const;

/** Paths in a kubeconfig are relative to its folder. */
function withAbsolutePaths(config: KubeConfig, folder: string): KubeConfig {
  return {
    ...config,
    clusters: config.clusters.map(({ name, cluster }) => ({
      name,
      cluster: { ...cluster, ...absolute(cluster, CLUSTER_FILES, folder) },
    })),
    users: config.users.map(({ name, user }) => ({
      name,
      user: { ...user, ...absolute(user, USER_FILES, folder), exec: absoluteExec(user.exec, folder) },
    })),
  };
}

function absolute<Key extends string>(
  object: Readonly<Partial<Record<Key, string | undefined>>>,
  keys: readonly Key[],
  folder: string,
): Partial<Record<Key, string>> {
  const found: Partial<Record<Key, string>> = {};
  for (const key of keys) {
    const path = object[key];
    if (path !== undefined) found[key] = resolve(folder, path);
  }
  return found;
}

/** A command with a slash is relative to the kubeconfig; one without is looked up in PATH. */
function absoluteExec(exec: KubeUser["exec"], folder: string): KubeUser["exec"] {
  if (exec === undefined || exec === null || !/[/\\]/.test(exec.command)) return exec;
  return { ...exec, command: resolve(folder, exec.command) };
}

/** Of several files, the first that has a name or the current context decides. */
function contextIn(configs: readonly KubeConfig[], wanted: string | undefined): KubeContext | string {
  const name = wanted ?? configs.map((config) => config["current-context"]).find(Boolean);
  if (name === undefined) return "kubeconfig: has no current context; name one with --context";
  const contexts = configs.flatMap((config) => config.contexts);
  const found = contexts.find((each) => each.name === name);
  if (found === undefined) {
    const known = contexts.map((each) => each.name);
    return `--context: the kubeconfig has no context ${inBackticks(name)}${didYouMean(name, known, inBackticks)}`;
  }
  const { cluster: clusterName, user: userName, namespace } = found.context;
  const cluster = configs.flatMap((config) => config.clusters).find((each) => each.name === clusterName);
  if (cluster === undefined)
    return `context ${inBackticks(name)}: the kubeconfig has no cluster ${inBackticks(clusterName)}`;
  const user = configs.flatMap((config) => config.users).find((each) => each.name === userName);
  if (user === undefined && userName !== "")
    return `context ${inBackticks(name)}: the kubeconfig has no user ${inBackticks(userName)}`;
  return { name, cluster: cluster.cluster, user: user?.user ?? USER.parse({}), namespace };
}
