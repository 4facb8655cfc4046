/** The console: one page of three files, and the headers that keep everything else out of it. */

import { readFileSync } from "node:fs";
import type { Express, RequestHandler } from "express";

interface ConsoleFile {
  readonly type: string;
  /** Throws while the console is not built. */
  readonly read: () => string;
}

export type ConsoleFiles = Readonly<Record<string, ConsoleFile>>;

// Each path is written out: the self-contained executable has the files inside, and finds them by these lines.
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

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

// Security: nothing from elsewhere runs in the page, no other site shows it in a frame, or reads what is served here.
/** Sets the headers of every answer. */
export const setSecurityHeaders: RequestHandler = (_request, response, next) => {
  response.setHeaders(
    new Map([
      ["Content-Security-Policy", POLICY],
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

/** Adds the page at `/`; a page that was not built is answered with 503 and what to run. */
export function addConsole(app: Express, files: ConsoleFiles = BUILT): void {
  for (const [path, { type, read }] of Object.entries(files)) {
    let text: string | undefined;
    app.get(path, (_request, response) => {
      try {
        text ??= read();
        response.setHeader("Content-Type", type).end(text);
      } catch {
        response.status(503).json({ error: NOT_BUILT });
      }
    });
  }
}

const NOT_BUILT = "the console is not built: run npm run build:console";
