/** The choices for one sidecar, by name: flags of `tollgate inject` and `tollgate webhook`, and annotations of pods, are read alike. */

import { nameFault } from "../../policy/agent-name.ts";
import { didYouMean, inBackticks } from "../../policy/schema/did-you-mean.ts";
import type { SidecarChoices } from "./sidecar-spec.ts";

/** The annotation `tollgate.dev/NAME` of a pod stands for the flag `--NAME`. */
export const PREFIX = "tollgate.dev/";
/** Whether a pod gets a sidecar: `enabled` or `disabled`; an annotation or a label. */
export const INJECT = `${PREFIX}inject`;
/** Says that inject wrote the sidecar; its value is the container whose preStop hook it wrote, or `none`. */
export const INJECTED = `${PREFIX}injected`;

export interface ChoicesReading {
  readonly choices: Partial<SidecarChoices>;
  readonly problems: readonly string[];
}

const LABEL_FORM = "must be 1 to 100 letters, digits, spaces or ._/@-";

/** The value as a choice, or the form that it must have. */
type Reader = (text: string) => Partial<SidecarChoices> | string;

const READERS: Readonly<Record<string, Reader>> = {
  "policy-configmap": (text) => objectName(text) ?? { policyConfigMap: text },
  "settings-configmap": (text) => objectName(text) ?? { settingsConfigMap: text },
  "admin-token-secret": (text) => objectName(text) ?? { adminTokenSecret: text },
  mode: (text) => (text === "shadow" || text === "enforce" ? { mode: text } : "must be shadow or enforce"),
  image: (text) => (/^[\w[][\w.:/@[\]-]*$/.test(text) ? { image: text } : "must be an image"),
  container: (text) =>
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text)
      ? { container: text }
      : "must be the name of a container",
  port: (text) => (isPort(text) ? { port: Number(text) } : "must be a port"),
  path: (text) => (/^\/[^\s?#]*$/.test(text) ? { path: text } : "must begin with /"),
  upstream: (text) =>
    /^https?:$/.test(URL.parse(text)?.protocol ?? "") ? { upstream: text } : "must be a URL of http or https",
  "allowed-host": (text) => ({
    allowedHosts: text
      .split(",")
      .map((host) => host.trim())
      .filter(Boolean),
  }),
  agent: (text) => agentFault(text) ?? { agent: text },
  server: (text) => (isLabel(text) ? { server: text } : LABEL_FORM),
  "allow-exposed": (text) => booleanFault(text) ?? { allowExposed: text === "true" },
  "any-user": (text) => booleanFault(text) ?? { anyUser: text === "true" },
};

/** The names of all choices. */
export const CHOICE_NAMES: readonly string[] = Object.keys(READERS);

/** Reads values by name. A name that is no choice is a problem; `label` is what a problem calls it. */
export function readChoices(
  given: Iterable<readonly [string, string]>,
  label: (name: string) => string,
): ChoicesReading {
  const read = [...given].map(([name, text]) => {
    const reading = Object.hasOwn(READERS, name) ? READERS[name]?.(text) : undefined;
    if (reading === undefined)
      return `${label(name)}: is not known${didYouMean(name, CHOICE_NAMES, inBackticks)}`;
    return typeof reading === "string" ? `${label(name)}: ${reading}, got ${text}` : reading;
  });
  return {
    choices: Object.assign({}, ...read.filter((each) => typeof each === "object")) as Partial<SidecarChoices>,
    problems: read.filter((each) => typeof each === "string"),
  };
}

/** The choices that the annotations of a pod make. */
export function readAnnotations(annotations: ReadonlyMap<string, string>): ChoicesReading {
  const own = [...annotations].filter(
    ([name]) => name.startsWith(PREFIX) && name !== INJECT && name !== INJECTED,
  );
  return readChoices(
    own.map(([name, text]) => [name.slice(PREFIX.length), text]),
    labelOfAnnotation,
  );
}

function labelOfAnnotation(name: string): string {
  return `annotation ${PREFIX}${name}`;
}

/** Those of a pod go before those of the command line; names of hosts are added. */
export function mergeChoices(choices: SidecarChoices, own: Partial<SidecarChoices>): SidecarChoices {
  const allowedHosts = [...new Set([...choices.allowedHosts, ...(own.allowedHosts ?? [])])];
  return { ...choices, ...own, allowedHosts };
}

/** Undefined for a name that an object of Kubernetes can have (a DNS subdomain, RFC 1123). */
function objectName(text: string): string | undefined {
  const isName =
    text.length <= 253 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(text);
  return isName ? undefined : "must be the name of an object, of lower-case letters, digits, - and .";
}

function booleanFault(text: string): string | undefined {
  return text === "true" || text === "false" ? undefined : "must be true or false";
}

function agentFault(text: string): string | undefined {
  const fault = nameFault(text);
  return fault === undefined ? (isLabel(text) ? undefined : LABEL_FORM) : `the name ${fault}`;
}

function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;
}

function isLabel(text: string): boolean {
  return /^[\p{L}\p{N} ._/@-]{1,100}$/u.test(text);
}
