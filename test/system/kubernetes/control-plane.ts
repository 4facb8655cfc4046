/** A control plane of Kubernetes on loopback: Debian's etcd, kube-apiserver, and some controllers. It has no node: no pod is ever started. */

import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newAuthority, newCertificate } from "../../fixtures/certificates.ts";
import { freePorts } from "../../fixtures/free-port.ts";
import { atEnd, temporaryFolder } from "../../fixtures/lifetime.ts";
import { endProcess } from "../../fixtures/processes.ts";
import { until } from "../../fixtures/start-sidecar.ts";
import { requireProgram } from "../../fixtures/system-program.ts";
import { KubernetesApi } from "./api.ts";
import { controlPlaneProgram } from "./build.ts";

export const CLUSTER_ISSUER = "https://kubernetes.default.svc.cluster.local";
/** The manifests need default accounts, the pods of Deployments and StatefulSets, the types of the admission policy checked, and deletion. */
const CONTROLLERS = [
  "deployment-controller",
  "garbage-collector-controller",
  "namespace-controller",
  "replicaset-controller",
  "root-ca-certificate-publisher-controller",
  "serviceaccount-controller",
  "statefulset-controller",
  "validatingadmissionpolicy-status-controller",
];

/** A key by which the API server signs and checks ServiceAccount tokens. */
export interface SigningKey {
  readonly privateFile: string;
  readonly publicFile: string;
}

export interface ControlPlane {
  /** Origin of the API server. */
  readonly url: string;
  readonly caFile: string;
  /** Kubeconfig of the administrator. */
  readonly kubeconfig: string;
  /** Asks as the administrator. */
  readonly admin: KubernetesApi;
  /** The key of the first start. */
  readonly signingKey: SigningKey;
  readonly newSigningKey: () => SigningKey;
  readonly stopApiServer: () => Promise<void>;
  /** Starts it on the same port and data; the first key signs, and each one checks. */
  readonly startApiServer: (keys?: readonly SigningKey[]) => Promise<void>;
  /** SIGSTOP keeps connections open without an answer. */
  readonly signalApiServer: (name: "SIGSTOP" | "SIGCONT") => void;
}

/** The addresses of a cluster; the first family is the one of a Service that asks for none. */
export interface ClusterAddresses {
  /** Ranges of Services, with a comma between two families. */
  readonly services: string;
  /** The API server's own: a loopback address is refused here, and no other process uses those of documentation. */
  readonly own: string;
}

/** Source: RFC 5737 for the address of documentation. */
const IPV4: ClusterAddresses = { services: "10.96.0.0/16", own: "192.0.2.1" };
export const DUAL_STACK: ClusterAddresses = { ...IPV4, services: `${IPV4.services},fd00:10:96::/112` };
/** Source: RFC 3849 for the address of documentation. */
export const IPV6: ClusterAddresses = { services: "fd00:10:96::/112", own: "2001:db8::1" };

/** Starts it, and stops it at the end of the test or the file. */
export async function startControlPlane(addresses = IPV4): Promise<ControlPlane> {
  const folder = temporaryFolder();
  const [etcdPort = 0, peerPort = 0, port = 0] = await freePorts(3);
  const url = `https://localhost:${port}`;
  const files = await writeFiles(folder, url);
  const admin = new KubernetesApi({ url, ca: readFileSync(files.ca, "utf8"), token: files.token });
  const etcd = run(folder, "etcd", [requireProgram("etcd"), ...etcdFlags(folder, etcdPort, peerPort)]);
  atEnd(() => endProcess(etcd, "SIGKILL"));
  const newSigningKey = (): SigningKey => writeSigningKey(folder);
  const signingKey = newSigningKey();
  let apiServer: ChildProcess | undefined;
  const stopApiServer = async (): Promise<void> => {
    if (apiServer === undefined) return;
    // An API server that is asked to end waits for its watchers.
    await endProcess(apiServer, "SIGKILL");
  };
  atEnd(stopApiServer);
  const startApiServer = async (keys: readonly SigningKey[] = [signingKey]): Promise<void> => {
    await stopApiServer();
    const flags = [...apiServerFlags(files, port, etcdPort), ...addressFlags(addresses), ...keyFlags(keys)];
    apiServer = run(folder, "kube-apiserver", [controlPlaneProgram(), "kube-apiserver", ...flags]);
    await untilAnswered(admin, apiServer, join(folder, "kube-apiserver.log"));
  };
  await startApiServer();
  return {
    url,
    caFile: files.ca,
    kubeconfig: files.kubeconfig,
    admin,
    signingKey,
    newSigningKey,
    stopApiServer,
    startApiServer,
    signalApiServer: (name) => void apiServer?.kill(name),
  };
}

async function untilAnswered(api: KubernetesApi, server: ChildProcess, log: string): Promise<void> {
  await until(async () => {
    if (server.exitCode !== null) throw new Error(`kube-apiserver ended: ${endOf(log)}`);
    return (await api.ask("/readyz").catch(() => undefined))?.status === 200;
  });
}

/** Starts the controllers of a control plane; they make the account `default` and `kube-root-ca.crt` of each namespace, and the pods of Deployments. */
export async function startControllers({ kubeconfig, caFile, admin }: ControlPlane): Promise<void> {
  const flags = [
    `--kubeconfig=${kubeconfig}`,
    `--root-ca-file=${caFile}`,
    `--controllers=${CONTROLLERS.join(",")}`,
    "--leader-elect=false",
    "--secure-port=0",
  ];
  const folder = temporaryFolder();
  const manager = run(folder, "manager", [controlPlaneProgram(), "kube-controller-manager", ...flags]);
  atEnd(() => endProcess(manager, "SIGKILL"));
  await until(async () => {
    if (manager.exitCode !== null)
      throw new Error(`kube-controller-manager ended: ${endOf(join(folder, "manager.log"))}`);
    return (await admin.ask("/api/v1/namespaces/default/serviceaccounts/default")).status === 200;
  });
}

interface ControlPlaneFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** The administrator's. */
  readonly token: string;
  readonly tokens: string;
  readonly kubeconfig: string;
}

async function writeFiles(folder: string, url: string): Promise<ControlPlaneFiles> {
  const authority = await newAuthority("cluster");
  const server = await newCertificate(authority, { commonName: "kube-apiserver", dns: ["localhost"] });
  const token = randomBytes(24).toString("base64url");
  const write = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const ca = write("ca.crt", authority.cert);
  return {
    ca,
    cert: write("server.crt", server.cert),
    key: write("server.key", server.key),
    token,
    tokens: write("tokens.csv", `${token},administrator,1,"system:masters"\n`),
    kubeconfig: write(
      "kubeconfig.json",
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "test", cluster: { server: url, "certificate-authority": ca } }],
        users: [{ name: "administrator", user: { token } }],
        contexts: [{ name: "test", context: { cluster: "test", user: "administrator" } }],
        "current-context": "test",
      }),
    ),
  };
}

function writeSigningKey(folder: string): SigningKey {
  const name = join(folder, `signing-${randomBytes(4).toString("hex")}`);
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = { privateFile: `${name}.key`, publicFile: `${name}.pub` };
  writeFileSync(key.privateFile, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  writeFileSync(key.publicFile, publicKey.export({ type: "spki", format: "pem" }));
  return key;
}

function etcdFlags(folder: string, port: number, peerPort: number): readonly string[] {
  const [client, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  return [
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    // On a loaded machine it would otherwise elect itself again and again.
    "--heartbeat-interval=1000",
    "--election-timeout=10000",
    "--log-level=warn",
  ];
}

function apiServerFlags(
  { cert, key, tokens }: ControlPlaneFiles,
  port: number,
  etcdPort: number,
): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    "--endpoint-reconciler-type=none",
    `--tls-cert-file=${cert}`,
    `--tls-private-key-file=${key}`,
    `--token-auth-file=${tokens}`,
    "--authorization-mode=RBAC",
    `--service-account-issuer=${CLUSTER_ISSUER}`,
    "--service-account-extend-token-expiration=false",
    "--enable-priority-and-fairness=false",
    "--profiling=false",
  ];
}

function addressFlags({ services, own }: ClusterAddresses): readonly string[] {
  return [`--service-cluster-ip-range=${services}`, `--advertise-address=${own}`];
}

function keyFlags(keys: readonly SigningKey[]): readonly string[] {
  const [first] = keys;
  return [
    `--service-account-signing-key-file=${first?.privateFile ?? ""}`,
    ...keys.map(({ publicFile }) => `--service-account-key-file=${publicFile}`),
  ];
}

/** Its output goes to a file, since it writes much. */
function run(folder: string, name: string, [program = "", ...args]: readonly string[]): ChildProcess {
  const log = openSync(join(folder, `${name}.log`), "a");
  const child = spawn(program, args, { cwd: folder, stdio: ["ignore", log, log] });
  closeSync(log);
  return child;
}

function endOf(log: string): string {
  return readFileSync(log, "utf8").split("\n").slice(-12).join("\n");
}
