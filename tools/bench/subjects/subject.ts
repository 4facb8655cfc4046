/** What is measured: a proxy on loopback in front of the upstream stub, and the processes that it is made of. */

import { request } from "node:http";

export interface Subject {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  /** Headers that only this one wants, such as its session. */
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

/** One request by node:http on a connection of its own. */
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

/** Whether anything answers there, whatever it says. */
export function isAnswering(asked: SubjectRequest): Promise<boolean> {
  return sendRequest(asked).then(
    () => true,
    () => false,
  );
}
