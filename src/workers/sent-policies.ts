/** The policies as the supervising process reads them, and sends them to its workers. */

import type { PolicySet } from "../config/files/policy-set.ts";
import type { WatchedFile } from "../config/files/watched-file.ts";
import type { Settings } from "../config/settings/settings.ts";
import { openPolicies } from "../sidecar/policy-reload.ts";

/** The policies as this process reads them, and their bytes for the workers. */
export class SentPolicies {
  readonly file: WatchedFile<PolicySet>;
  readonly #bytes = new WeakMap<PolicySet, readonly string[]>();
  #send: (files: readonly string[]) => void = () => undefined;

  constructor(settings: Settings) {
    const file = openPolicies(settings, (policies, bytes) =>
      this.#bytes.set(
        policies,
        bytes.map((each) => each.toString("base64")),
      ),
    );
    this.file = {
      ...file,
      start: ({ onChanged, onProblems } = {}, schedule) =>
        file.start(
          {
            ...(onProblems && { onProblems }),
            // Invariant: only valid policies are sent, so that all workers take them or, with a problem, none.
            onChanged: (policies) => {
              onChanged?.(policies);
              this.#send(this.current());
            },
          },
          schedule,
        ),
    };
  }

  current(): readonly string[] {
    return this.#bytes.get(this.file.current()) ?? [];
  }

  sendTo(send: (files: readonly string[]) => void): void {
    this.#send = send;
  }
}
