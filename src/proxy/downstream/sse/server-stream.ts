/** The stream of the server's own messages (GET), held open for as long as its client of HTTP+SSE is connected. */

import type { ResponseEnd, ResponseReader } from "./streamed-response.ts";

export interface ServerStreamOptions {
  readonly open: (reader: Partial<ResponseReader>, lastEventId: string | undefined) => void;
  readonly onMessage: (text: string) => void;
  /** Called when the server does not know the session any more. */
  readonly onLost: () => void;
  /** Called when the server offers no such stream. */
  readonly onNone: () => void;
}

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
const SESSION_LOST = 404;

export class ServerStream {
  readonly #options: ServerStreamOptions;
  #lastEventId: string | undefined;
  #retryMs = FIRST_RETRY_MS;
  #retry: NodeJS.Timeout | undefined;
  #isOpen = false;
  #isClosed = false;

  constructor(options: ServerStreamOptions) {
    this.#options = options;
  }

  /** Opens the stream, unless it is open. */
  open(): void {
    if (this.#isOpen || this.#isClosed) return;
    this.#isOpen = true;
    const onMessage = (text: string): void => {
      this.#retryMs = FIRST_RETRY_MS;
      this.#options.onMessage(text);
    };
    this.#options.open({ onMessage, onEnd: (end) => this.#onEnd(end) }, this.#lastEventId);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
  }

  #onEnd({ status, failure, lastEventId }: ResponseEnd): void {
    this.#isOpen = false;
    this.#lastEventId = lastEventId ?? this.#lastEventId;
    if (this.#isClosed) return;
    const isRefused = failure === undefined && status >= 400 && status < 500;
    if (isRefused) return status === SESSION_LOST ? this.#options.onLost() : this.#options.onNone();
    this.#retry = setTimeout(() => this.open(), this.#retryMs).unref();
    this.#retryMs = Math.min(2 * this.#retryMs, MAX_RETRY_MS);
  }
}
