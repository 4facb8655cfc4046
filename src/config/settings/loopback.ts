/** Recognises host names of this machine. */

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** `hostname` as `URL` gives it: in lower case, an IPv6 address in brackets. */
export function isLoopbackHostname(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}
