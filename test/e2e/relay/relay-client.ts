/** The official clients of both SDK generations behind one face, so that one test asks all of them the same. */

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
  /** What came unasked, as `METHOD` or `METHOD SUBJECT`, in order. */
  readonly notifications: readonly string[];
  close(): Promise<void>;
}

/** What the user and the model behind each client answer. */
export const USER_ANSWER = {
  username: "ada",
  email: "ada@example.org",
  name: "Ada",
  color: "green",
  context: "tests",
};
export const MODEL_ANSWER = "forty-two";

export const CLIENT_INFO = { name: "relay-test", version: "1.0.0" };
