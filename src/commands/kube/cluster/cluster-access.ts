/** How the API server of a cluster is reached: its address, its certificates, and the credential of the user. */

import { existsSync, readFileSync } from "node:fs";
import { readProblem } from "../../../config/file-fault.ts";
import type { TlsOptions } from "../../control/admin-http.ts";
import { runExecPlugin } from "./exec-plugin.ts";
import { type KubeconfigSources, type KubeContext, type KubeUser, readKubeContext } from "./kubeconfig.ts";

/** An API server, and the credential that it is asked with. */
export interface ClusterAccess {
  /** The name of the context; `in-cluster` inside of a pod. */
  readonly context: string;
  readonly url: URL;
  readonly namespace: string;
  readonly tls: TlsOptions & { readonly servername?: string; readonly rejectUnauthorized?: boolean };
  readonly headers: Readonly<Record<string, string | string[]>>;
}

/** Where Kubernetes mounts the token of a pod's account. Source: Kubernetes, "Accessing the Kubernetes API from a Pod". */
const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The access that the kubeconfig gives, or inside of a pod its account; a string is the problem. */
export async function clusterAccess(
  sources: KubeconfigSources,
  accountFolder = ACCOUNT,
): Promise<ClusterAccess | string> {
  const context = readKubeContext(sources);
  if (typeof context === "string") return context;
  if (context !== undefined) return accessOf(context, sources);
  return (
    accountAccess(sources.environment, accountFolder) ??
    "no kubeconfig: name one with --kubeconfig or KUBECONFIG"
  );
}

function accountAccess(
  environment: KubeconfigSources["environment"],
  folder: string,
): ClusterAccess | undefined {
  const [host, port] = [environment["KUBERNETES_SERVICE_HOST"], environment["KUBERNETES_SERVICE_PORT"]];
  if (host === undefined || port === undefined || !existsSync(`${folder}/token`)) return undefined;
  const read = (name: string): string => readFileSync(`${folder}/${name}`, "utf8").trim();
  return {
    context: "in-cluster",
    url: new URL(`https://${host.includes(":") ? `[${host}]` : host}:${port}`),
    namespace: read("namespace"),
    tls: { ca: readFileSync(`${folder}/ca.crt`) },
    headers: { authorization: `Bearer ${read("token")}` },
  };
}

async function accessOf(
  context: KubeContext,
  { environment }: KubeconfigSources,
): Promise<ClusterAccess | string> {
  const { name, cluster, user, namespace = "default" } = context;
  const unsupported = unsupportedProblem(context);
  if (unsupported !== undefined) return `context ${name}: ${unsupported}`;
  const credential = user.exec ? await runExecPlugin(user.exec, cluster, environment) : {};
  if (typeof credential === "string") return credential;
  try {
    const ca = fileOrData(cluster["certificate-authority"], cluster["certificate-authority-data"]);
    const cert =
      pem(credential.clientCertificateData) ??
      fileOrData(user["client-certificate"], user["client-certificate-data"]);
    const key = pem(credential.clientKeyData) ?? fileOrData(user["client-key"], user["client-key-data"]);
    const servername = cluster["tls-server-name"];
    return {
      context: name,
      url: new URL(cluster.server),
      namespace,
      tls: {
        ...(ca && { ca }),
        ...(cert && { cert }),
        ...(key && { key }),
        ...(servername !== undefined && { servername }),
        ...(cluster["insecure-skip-tls-verify"] === true && { rejectUnauthorized: false }),
      },
      headers: headersOf(user, credential.token),
    };
  } catch (error) {
    const path = error instanceof Error && "path" in error ? String(error.path) : "kubeconfig";
    return readProblem(path, error);
  }
}

function unsupportedProblem({ cluster, user }: KubeContext): string | undefined {
  if (!/^https?:$/.test(URL.parse(cluster.server)?.protocol ?? ""))
    return `its server must be an http or https URL, got "${cluster.server}"`;
  if (cluster["proxy-url"] !== undefined)
    return "its cluster has a proxy-url, which is not supported; run kubectl proxy, and name a kubeconfig that leads to it";
  if (user["auth-provider"])
    return `its user has the auth-provider ${user["auth-provider"].name}, which Kubernetes has taken out; use an exec plugin`;
  return undefined;
}

function headersOf(user: KubeUser, given: string | undefined): ClusterAccess["headers"] {
  // Source: the reference of kubeconfig (v1): tokenFile goes before token.
  const token = given ?? (user.tokenFile && readFileSync(user.tokenFile, "utf8").trim()) ?? user.token;
  const basic = user.username && Buffer.from(`${user.username}:${user.password ?? ""}`).toString("base64");
  const authorization = token ? `Bearer ${token}` : basic ? `Basic ${basic}` : undefined;
  return {
    ...(authorization !== undefined && { authorization }),
    ...(user.as !== undefined && { "impersonate-user": user.as }),
    ...(user["as-groups"] !== undefined && { "impersonate-group": user["as-groups"] }),
  };
}

/** @throws Error of node:fs */
function fileOrData(file: string | undefined, data: string | undefined): Buffer | undefined {
  // Data goes before a file of the same thing.
  if (data !== undefined) return Buffer.from(data, "base64");
  return file === undefined ? undefined : readFileSync(file);
}

function pem(text: string | undefined): Buffer | undefined {
  return text === undefined ? undefined : Buffer.from(text);
}
