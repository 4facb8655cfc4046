/** A subject of the benchmark: a proxy on loopback in front of the upstream stub, and its processes. */

import { request } from "node:http";

export interface Subject {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  /** Headers that only this subject needs, such as its session. */
  readonly headers: Readonly<Record<string, string>>;
  readonly pids: () => readonly number[];
  readonly stop: () => Promise<void>;
}

export interface SubjectResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export interface SubjectRequest {
  readonly port: number;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent: a GET. */
  readonly body?: string;
}

/** Sends one request by node:http on its own connection. */
export function sendRequest({ port, path, headers, body }: SubjectRequest): Promise<SubjectResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<SubjectResponse>();
  const method = body === undefined ? "GET" : "POST";
  const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    response.on("error", reject);
    response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
  });
  sent.on("error", reject).setTimeout(20_000, () => sent.destroy(new Error("no answer within 20 s")));
  sent.end(body);
  return promise;
}

/** Whether any response arrives. */
export function isAnswering(asked: SubjectRequest): Promise<boolean> {
  return sendRequest(asked).then(
    () => true,
    () => false,
  );
}
