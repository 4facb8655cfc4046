/** Error responses of the admin listener. */

import type { Response } from "express";
import type { ErrorResponse } from "./api.ts";

/** Responds with `{ "error": ... }`. */
export function sendError(response: Response, status: number, error: string): void {
  response.status(status).json({ error } satisfies ErrorResponse);
}
