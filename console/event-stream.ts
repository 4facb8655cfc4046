/** Server-sent events by fetch, since EventSource cannot send the admin token. */

import { authorization } from "./api-client.ts";

export interface EventHandlers {
  readonly onOpen: () => void;
  readonly onEvent: (type: string, data: string) => void;
  /** The stream ended or could not be opened; it is opened again after a pause. */
  readonly onDown: () => void;
}

const PAUSE_MS = 3_000;

/** Follows the stream until the returned function is called. */
export function followEvents(path: string, handlers: EventHandlers): () => void {
  const hangUp = new AbortController();
  const loop = async (): Promise<void> => {
    while (!hangUp.signal.aborted) {
      await readOnce(path, handlers, hangUp.signal).catch(() => undefined);
      if (hangUp.signal.aborted) return;
      handlers.onDown();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  void loop();
  return () => hangUp.abort();
}

async function readOnce(path: string, handlers: EventHandlers, signal: AbortSignal): Promise<void> {
  const response = await fetch(path, { headers: authorization(), redirect: "error", signal });
  if (!response.ok || response.body === null) return;
  handlers.onOpen();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = `${rest}${value}`.split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) readEvent(event, handlers);
  }
}

function readEvent(text: string, { onEvent }: EventHandlers): void {
  const lines = text.split("\n");
  const field = (name: string): string[] =>
    lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
  const data = field("data");
  if (data.length > 0) onEvent(field("event").at(-1) ?? "message", data.join("\n"));
}
