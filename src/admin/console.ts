/** The console: one page of three files, and the headers that keep everything else out of it. */

import { readFile } from "node:fs/promises";
import type { Express, RequestHandler } from "express";

/** Beside this file's folder in the source and in the package alike. */
const FOLDER = new URL("../../dist/console/", import.meta.url);

const FILES: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  "/": { file: "index.html", type: "text/html; charset=utf-8" },
  "/console.js": { file: "console.js", type: "text/javascript; charset=utf-8" },
  "/console.css": { file: "console.css", type: "text/css; charset=utf-8" },
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
export const guardPage: RequestHandler = (_request, response, next) => {
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
export function addConsole(app: Express, folder: URL = FOLDER): void {
  for (const [path, { file, type }] of Object.entries(FILES)) {
    app.get(path, (_request, response) => {
      readFile(new URL(file, folder)).then(
        (bytes) => response.setHeader("Content-Type", type).end(bytes),
        () => response.status(503).json({ error: NOT_BUILT }),
      );
    });
  }
}

const NOT_BUILT = "the console is not built: run npm run build:console";
