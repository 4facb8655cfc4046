/** One interface to the official clients of both SDK generations, so that one test covers all of them. */

interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: number) => void;
}

export interface RelayClient {
  listTools(): Promise<readonly string[]>;
  /** The text of the result. */
  call(name: string, input?: Record<string, unknown>, options?: CallOptions): Promise<string>;
  readText(uri: string): Promise<string>;
  promptText(name: string, input: Record<string, string>): Promise<string>;
  completions(prompt: string, argument: string, typed: string): Promise<readonly string[]>;
  /** The notifications received, as `METHOD` or `METHOD SUBJECT`, in order. */
  readonly notifications: readonly string[];
  close(): Promise<void>;
}

/** The answers of the user and of the model behind each client. */
export const USER_ANSWER = {
  username: "ada",
  email: "ada@example.org",
  name: "Ada",
  color: "green",
  context: "tests",
};
export const MODEL_ANSWER = "forty-two";

export const CLIENT_INFO = { name: "relay-test", version: "1.0.0" };
