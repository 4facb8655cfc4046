/**
 * Decides the next step of the webhook's own certificates, which all replicas share in a Secret. A new certificate is trusted by the API
 * server before a replica serves it, and an old one stays trusted until it expires. See docs/decisions/0181-certificates-of-the-webhook.md.
 */

import { expiryOf, hasCertificate, isFor, type KeyPair } from "./own-certificate.ts";

export interface Certificates {
  /** Served; absent: none has been made. */
  readonly current?: KeyPair;
  /** Made and trusted, and not served yet. */
  readonly next?: KeyPair;
  /** PEM of the certificate before the current one, which another replica may still serve. */
  readonly previous?: string;
}

export interface RotationTimes {
  /** Of a certificate. */
  readonly lifetimeMs: number;
  /** How long before its end the next one is made. */
  readonly renewMs: number;
  /** How long the API servers are given to learn the next one before it is served. */
  readonly settleMs: number;
}

export interface RotationView {
  readonly nowMs: number;
  readonly names: readonly string[];
  /** Since when this replica has seen the next certificate in the API server's bundle; undefined when it is not there. */
  readonly nextTrustedAtMs: number | undefined;
}

export type RotationStep = "make_current" | "make_next" | "serve_next" | "none";

export function rotationStep(
  { current, next }: Certificates,
  { nowMs, names, nextTrustedAtMs }: RotationView,
  { renewMs, settleMs }: RotationTimes,
): RotationStep {
  if (current === undefined || !isUsable(current, names, nowMs))
    return next !== undefined && isUsable(next, names, nowMs) ? "serve_next" : "make_current";
  if (next === undefined || !isUsable(next, names, nowMs))
    return nowMs >= (expiryOf(current.cert) ?? 0) - renewMs ? "make_next" : "none";
  return nextTrustedAtMs !== undefined && nowMs >= nextTrustedAtMs + settleMs ? "serve_next" : "none";
}

/** The certificates after a step; `made` is the new one, for the steps that make one. */
export function afterStep(step: RotationStep, before: Certificates, made: KeyPair | undefined): Certificates {
  const { current, next, previous } = before;
  switch (step) {
    case "make_current":
      return { ...(made && { current: made }), ...(current && { previous: current.cert }) };
    case "make_next":
      return { ...before, ...(made && { next: made }) };
    case "serve_next":
      return { ...(next && { current: next }), ...(current && { previous: current.cert }) };
    case "none":
      return {
        ...(current && { current }),
        ...(next && { next }),
        ...(previous !== undefined && { previous }),
      };
  }
}

/** The certificates that the API server has to trust: every one that a replica may serve now or next. */
export function bundleOf({ current, next, previous }: Certificates, nowMs: number): string {
  const certificates = [current?.cert, next?.cert, previous];
  return certificates
    .filter((cert) => cert !== undefined && (expiryOf(cert) ?? 0) > nowMs)
    .map((cert) => `${cert?.trim()}\n`)
    .join("");
}

/** Whether the API server trusts what replicas serve. */
export function isTrusted(bundle: string, { current }: Certificates): boolean {
  return current !== undefined && hasCertificate(bundle, current.cert);
}

function isUsable({ cert }: KeyPair, names: readonly string[], nowMs: number): boolean {
  return (expiryOf(cert) ?? 0) > nowMs && isFor(cert, names);
}
