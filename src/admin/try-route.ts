/** Route that decides the latest calls again under another policy. Nothing is put in force. */

import express, { type Express } from "express";
import type { TriedPolicyResponse } from "./try-api.ts";
import { BadBody, withBody } from "./control-body.ts";
import { sendError } from "./send-error.ts";

/** The response, or the problems of a text that is no policy. */
export type TryPolicy = (
  policy: string,
) => Promise<TriedPolicyResponse | { readonly problems: readonly string[] }>;

/** As characters of JSON; a policy of 5,000 rules has about a million. */
const MAX_BODY = "4mb";

/**
 * Adds the route. To be called before routes with a smaller bound for bodies.
 * Security: the caller requires control before it. A policy asks for values of arguments, so that a reader could find them out by trying.
 */
export function addTryRoute(app: Express, tryPolicy: TryPolicy): void {
  let isBusy = false;
  app.post("/policy/try", express.json({ limit: MAX_BODY, type: "application/json" }), (request, response) =>
    withBody(request, response, async ({ policy }) => {
      if (typeof policy !== "string") throw new BadBody("policy: must be the text of a policy");
      if (isBusy) {
        response.set("Retry-After", "1");
        return sendError(response, 503, "another policy is being tried; try again");
      }
      isBusy = true;
      try {
        const tried = await tryPolicy(policy);
        if ("problems" in tried) sendError(response, 400, tried.problems.join("; "));
        else response.json(tried);
      } finally {
        isBusy = false;
      }
    }),
  );
}
