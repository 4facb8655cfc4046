/** Recognises the sidecar's response to a refused message or a denied call. */

import { z } from "zod";

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** `answered`: the response is the server's, or has none of the shapes of a denial or a refusal. */
export type AnswerKind = "denied" | "refused" | "answered";

const Decision = z.looseObject({
  id: z.string(),
  effect: z.literal("deny"),
  reason: z.string(),
  retryable: z.boolean(),
});

const DeniedCall = z.object({
  result: z.looseObject({
    isError: z.literal(true),
    content: z.tuple([z.looseObject({ text: z.string().startsWith("[POLICY DENIED]") })]),
    _meta: z.looseObject({ "dev.tollgate/decision": Decision }),
  }),
});

/** A hidden tool, or a name that looks like a listed one, is answered as a tool that does not exist. */
const UnknownTool = z.object({
  error: z.looseObject({ code: z.literal(-32602), message: z.string().startsWith("Unknown tool: ") }),
});

const DeniedTask = z.object({ error: z.looseObject({ code: z.literal(403) }) });

const RefusedMessage = z.object({
  id: z.null(),
  error: z.looseObject({ code: z.literal([-32700, -32600]) }),
});

/** A refusal whose id could be read costs one call, and not the session. */
const RefusedRequest = z.object({
  id: z.union([z.number(), z.string()]),
  error: z.looseObject({ code: z.literal([-32700, -32600]) }),
});

const HeaderConflict = z.object({ id: z.literal(9), error: z.looseObject({ code: z.literal(-32020) }) });

export function kindOf({ status, text }: Answer): AnswerKind {
  const body = parsed(text);
  const fits = (schema: z.ZodType) => schema.safeParse(body).success;
  if (status === 200 && (fits(DeniedCall) || fits(DeniedTask) || fits(UnknownTool))) return "denied";
  if (status === 400 && fits(HeaderConflict)) return "refused";
  if ([200, 400].includes(status) && fits(RefusedRequest)) return "refused";
  if ([400, 413, 415].includes(status) && fits(RefusedMessage)) return "refused";
  return "answered";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
