/** The surroundings of a server under attack: its folder, and stand-ins for the services that it calls. */

import type { Received, Reply } from "./stand-in.ts";

export interface Place {
  /** Home and working directory of the server. */
  readonly folder: string;
  /** Of the stand-in. */
  readonly port: number;
  readonly tlsPort: number;
  readonly authority: string;
}

/** A stand-in that does not speak HTTP. */
export interface Backend {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** One line for each command since the last call. */
  readonly drain: () => string[];
  readonly close: () => Promise<void>;
}

export interface Stage {
  /** Absent: an empty object. */
  readonly reply?: (received: Received) => Reply | undefined;
  /** Requests that belong to no call. */
  readonly isNoise?: (received: Received) => boolean;
  readonly env?: (place: Place) => Readonly<Record<string, string>>;
  /** Arguments instead of those of the recorded list. */
  readonly args?: (place: Place) => readonly string[];
  /** Instead of the program of the recorded list. */
  readonly command?: string;
  readonly backend?: (place: Place, packages: string) => Promise<Backend>;
  /** Puts the folder into its first state: before each call that reaches the server. */
  readonly reset?: (folder: string) => void;
  /** The traces of a call in the folder. */
  readonly observe?: (folder: string) => readonly string[];
  /** The text of the result is a part of the effect. */
  readonly readsText?: true;
  /** Calls once, before the attacks, directly and behind Tollgate. */
  readonly opening?: readonly (readonly [tool: string, args: string])[];
  /** Names the stand-in, for the table of policies/README.md. */
  readonly standIn: string;
}
