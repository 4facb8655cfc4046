/** Serves the console, one page of three files, and sets the security headers of every response. */

import { readFileSync } from "node:fs";
import type { Express, RequestHandler } from "express";
import { sendError } from "./send-error.ts";

interface ConsoleFile {
  readonly type: string;
  /** @throws Error of node:fs while the console is not built. */
  readonly read: () => string;
}

export type ConsoleFiles = Readonly<Record<string, ConsoleFile>>;

// Each path is a literal: the build of the self-contained executable finds the files by these lines.
const BUILT: ConsoleFiles = {
  "/": {
    type: "text/html; charset=utf-8",
    read: () => readFileSync(new URL("../../dist/console/index.html", import.meta.url), "utf8"),
  },
  "/console.js": {
    type: "text/javascript; charset=utf-8",
    read: () => readFileSync(new URL("../../dist/console/console.js", import.meta.url), "utf8"),
  },
  "/console.css": {
    type: "text/css; charset=utf-8",
    read: () => readFileSync(new URL("../../dist/console/console.css", import.meta.url), "utf8"),
  },
};

/** The page of `tollgate up`, with the script and the styles under the paths that the console has. */
export const UP_PAGE: ConsoleFiles = {
  ...BUILT,
  "/": {
    type: "text/html; charset=utf-8",
    read: () => readFileSync(new URL("../../dist/console/up.html", import.meta.url), "utf8"),
  },
  "/console.js": {
    type: "text/javascript; charset=utf-8",
    read: () => readFileSync(new URL("../../dist/console/up.js", import.meta.url), "utf8"),
  },
};

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

// Security: only our own code runs in the page; no other site may frame it or read its responses.
/** Sets the security headers of every response. */
export const setSecurityHeaders: RequestHandler = (_request, response, next) => {
  response.setHeaders(
    new Map([
      ["Content-Security-Policy", CONTENT_SECURITY_POLICY],
      ["X-Frame-Options", "DENY"],
      ["X-Content-Type-Options", "nosniff"],
      ["Cross-Origin-Resource-Policy", "same-origin"],
      ["Cross-Origin-Opener-Policy", "same-origin"],
      ["Referrer-Policy", "no-referrer"],
      ["Cache-Control", "no-store"],
    ]),
  );
  next();
};

/** Adds the page at `/`; before the build it responds 503 with the command to run. */
export function addConsole(app: Express, files: ConsoleFiles = BUILT): void {
  for (const [path, { type, read }] of Object.entries(files)) {
    let text: string | undefined;
    app.get(path, (_request, response) => {
      try {
        text ??= read();
        response.setHeader("Content-Type", type).end(text);
      } catch {
        sendError(response, 503, NOT_BUILT);
      }
    });
  }
}

const NOT_BUILT = "the console is not built: run npm run build:console";
