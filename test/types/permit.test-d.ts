/**
 * The ways round the permit that do not compile. `npm run check` compiles this file and nothing runs it: a line below
 * `@ts-expect-error` that began to compile would fail the check, because a tools/call could then go upstream undecided.
 */

import { Permit } from "../../src/enforcement/permit.ts";
import type { CallMessage, RequestMessage } from "../../src/mcp/message.ts";
import type { Upstream } from "../../src/proxy/upstream.ts";
import type { LineUpstream } from "../../src/proxy/upstream/stdio.ts";

declare const http: Upstream;
declare const stdio: LineUpstream;
declare const permit: Permit;
declare const call: CallMessage;
declare const request: RequestMessage;
const written = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete_all"}}';

export function sendsWhatMayPass(): void {
  void http.call(permit, {});
  void http.relay(request, {});
  void stdio.call(permit);
  void stdio.relay(request);
}

export function relaysACallWithoutPermit(): void {
  // @ts-expect-error: a tools/call is no message that `relay` takes.
  void http.relay(call, {});
  // @ts-expect-error: the same by lines.
  void stdio.relay(call);
  // @ts-expect-error: the text of a tools/call is not that of another request.
  void http.relay({ ...request, text: call.text }, {});
  // @ts-expect-error: a tools/call stays one, whatever its other members say.
  void http.relay({ ...call, kind: "request" as const }, {});
}

export function sendsTextThatNoParserRead(): void {
  // @ts-expect-error: only the parser makes text that may go upstream.
  void http.relay({ ...request, text: written }, {});
  // @ts-expect-error: the same for the message of a permit.
  permit.message.text = written;
}

export function sendsOtherTextByAPermit(): void {
  // @ts-expect-error: the text is the permit's; the caller adds a trace context and no text.
  void http.call(permit, {}, () => written);
  // @ts-expect-error: the same by lines.
  void stdio.call(permit, () => written);
  // @ts-expect-error: a permit keeps the message that it was issued for.
  permit.message = call;
}

export function makesAPermitOfItsOwn(): void {
  // @ts-expect-error: only `Permit.issue` makes one.
  void http.call(new Permit(call, () => undefined), {});
  // @ts-expect-error: an object of the same shape is none.
  void http.call({ message: call, refund: () => undefined }, {});
  // @ts-expect-error: nor is a copy with another message.
  void stdio.call({ ...permit, message: call });
}
