/** Asks the program of a kubeconfig for a credential. Source: Kubernetes, "client-go credential plugins". */

import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import * as z from "zod";
import type { ExecPlugin, KubeCluster } from "./kubeconfig.ts";

const CREDENTIAL = z.object({
  status: z.object({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
  }),
});

export type ExecCredential = z.infer<typeof CREDENTIAL>["status"];

/** The credential; a string is the problem. The program may ask the person at the terminal. */
export async function runExecPlugin(
  { apiVersion, command, args, env, provideClusterInfo }: ExecPlugin,
  cluster: KubeCluster,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ExecCredential | string> {
  const spec = {
    interactive: process.stdin.isTTY,
    ...(provideClusterInfo === true && { cluster: clusterInfo(cluster) }),
  };
  const given = Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]));
  const info = JSON.stringify({ apiVersion, kind: "ExecCredential", spec });
  const child = spawn(command, args ?? [], {
    stdio: ["inherit", "pipe", "inherit"],
    env: { ...environment, ...given, KUBERNETES_EXEC_INFO: info },
  });
  const ended = new Promise<number | string>((resolve) => {
    child.once("error", () =>
      resolve(`the kubeconfig asks ${command} for a credential, and it cannot be started`),
    );
    child.once("close", (code) => resolve(code ?? 1));
  });
  const [code, printed] = await Promise.all([ended, text(child.stdout)]);
  if (typeof code === "string") return code;
  if (code !== 0)
    return `the kubeconfig asks ${command} for a credential, and it ended with exit code ${code}`;
  return credentialIn(printed) ?? `${command}: printed no ExecCredential with a token or a certificate`;
}

function credentialIn(printed: string): ExecCredential | undefined {
  try {
    return CREDENTIAL.safeParse(JSON.parse(printed)).data?.status;
  } catch {
    return undefined;
  }
}

function clusterInfo(cluster: KubeCluster): object {
  return {
    server: cluster.server,
    "tls-server-name": cluster["tls-server-name"],
    "insecure-skip-tls-verify": cluster["insecure-skip-tls-verify"],
    "certificate-authority-data": cluster["certificate-authority-data"],
  };
}
