/** The causes of failed exports and of lost audit records. */

import { describe, expect, it } from "vitest";
import { lossCauseOf } from "../../../src/telemetry/audit/audit-loss.ts";
import { QueueFullError } from "../../../src/telemetry/audit/remote-log.ts";
import { causeOf, RejectedError } from "../../../src/telemetry/otlp/lost-cause.ts";

function coded(code: unknown, message = "x"): Error {
  return Object.assign(new Error(message), { code });
}

describe("the cause of a failed export", () => {
  it.each([
    [coded(4), "timeout"],
    [coded(14), "unreachable"],
    [coded(7), "refused"],
    [coded("400", "Bad Request"), "refused"],
    [new Error("Request timed out"), "timeout"],
    [coded("ENOTFOUND"), "unreachable"],
    [new Error("x", { cause: coded("ECONNRESET") }), "unreachable"],
    [new Error("Concurrent export limit reached"), "queue_full"],
    [new RejectedError("x"), "rejected"],
    [new Error("x"), "other"],
    ["x", "other"],
  ])("of %s is %s", (error, cause) => {
    expect(causeOf(error)).toBe(cause);
    expect(lossCauseOf(error)).toBe(cause);
  });
});

describe("the cause of a lost audit record", () => {
  it.each([
    [coded("ENOSPC"), "disk_full"],
    [coded("EDQUOT"), "disk_full"],
    [coded("EROFS"), "not_writable"],
    [coded("ENOENT"), "not_writable"],
    [coded("EACCES"), "not_writable"],
    [coded("EAGAIN"), "queue_full"],
    [coded("EPIPE"), "unreachable"],
    [new QueueFullError("the receiver does not keep up"), "queue_full"],
  ])("with %s is %s", (error, cause) => {
    expect(lossCauseOf(error)).toBe(cause);
  });
});
