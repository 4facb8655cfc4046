/** Stand-ins for what cannot run here: AWS STS, and the workspace of Amazon Managed Prometheus in front of a real Prometheus. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { serveOnLoopback } from "../../fixtures/loopback-server.ts";
import { isSignedBy, type Signer } from "./signature.ts";

export interface AwsStandIn {
  /** The URL of the workspace, as its console would show it. */
  readonly workspaceUrl: string;
  /** The variables that point a server to these stand-ins instead of AWS; none is a secret. */
  readonly environment: Readonly<Record<string, string>>;
  /** The requests with a good signature, in order: `sts GetCallerIdentity`, `aps query?query=up`. */
  readonly asked: readonly string[];
  /** The number of requests with no signature or a bad one. */
  readonly refused: () => number;
  readonly close: () => void;
}

const SIGNER = { accessKey: "AKIDSTANDIN", secret: "not-a-secret", region: "eu-central-1" };
const WORKSPACE = "/workspaces/ws-00000000-0000-4000-8000-000000000000";

export async function startAws(prometheusUrl: string): Promise<AwsStandIn> {
  const asked: string[] = [];
  let refused = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const path = `${WORKSPACE}/api/v1/`;
    const service = request.url?.startsWith(path) === true ? "aps" : "sts";
    if (!isSignedBy(signerFor(service), request, body)) {
      refused += 1;
      response.writeHead(403).end("the request is not signed as it must be");
    } else if (service === "aps") {
      const query = request.url?.slice(path.length) ?? "";
      asked.push(`aps ${query}`);
      await passOn(`${prometheusUrl}/api/v1/${query}`, response);
    } else {
      asked.push(`sts ${new URLSearchParams(body).get("Action") ?? "nothing"}`);
      response.writeHead(200, { "content-type": "text/xml" }).end(IDENTITY);
    }
  };
  const server = await serveOnLoopback((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const { origin } = new URL(server.url);
  const workspaceUrl = `${origin}${WORKSPACE}`;
  return {
    workspaceUrl,
    environment: environmentFor(origin, workspaceUrl),
    asked,
    refused: () => refused,
    close: server.close,
  };
}

function signerFor(service: string): Signer {
  return { ...SIGNER, service };
}

async function passOn(url: string, response: ServerResponse): Promise<void> {
  const answered = await fetch(url);
  response.writeHead(answered.status, { "content-type": answered.headers.get("content-type") ?? "" });
  response.end(await answered.text());
}

function environmentFor(origin: string, workspaceUrl: string): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: SIGNER.accessKey,
    AWS_SECRET_ACCESS_KEY: SIGNER.secret,
    AWS_REGION: SIGNER.region,
    AWS_ENDPOINT_URL: origin,
    AWS_EC2_METADATA_DISABLED: "true",
    PROMETHEUS_URL: workspaceUrl,
  };
}

/** GetCallerIdentityResponse of the STS API, version 2011-06-15. */
const IDENTITY = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::000000000000:user/stand-in</Arn><UserId>AIDSTANDIN</UserId><Account>000000000000</Account></GetCallerIdentityResult>
<ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000001</RequestId></ResponseMetadata>
</GetCallerIdentityResponse>`;
