import { expect, it } from "vitest";
import { connectFailure } from "../../src/proxy/upstream-failure.ts";

it.each([
  ["ECONNREFUSED", "it refuses connections"],
  ["ENOTFOUND", "its name is unknown"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "its certificate is not trusted"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "its certificate is not trusted"],
  ["CERT_HAS_EXPIRED", "its certificate is not trusted"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "its certificate is not trusted"],
  ["EPROTO", "it does not speak TLS as expected"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "it does not speak TLS as expected"],
  ["ERR_TLS_HANDSHAKE_TIMEOUT", "it does not complete the TLS handshake in time"],
  ["ETIMEDOUT", "it accepts no connection in time"],
  ["EWHATEVER", undefined],
])("names the reason of an error with the code %s", (code, reason) => {
  expect(connectFailure(Object.assign(new Error("http://user:secret@host"), { code }))).toBe(reason);
});
