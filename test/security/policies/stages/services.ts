/** Servers in front of services on the web, which a stand-in takes the place of. */

import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { findChromium } from "../../../fixtures/chromium.ts";
import type { Stage } from "../stage.ts";

export const SERVICE_STAGES: Readonly<Record<string, Stage>> = {
  slack: {
    standIn: "a stand-in for slack.com",
    reply: () => ({ body: '{"ok":true,"channels":[],"messages":[],"members":[]}' }),
  },
  stripe: {
    standIn: "a stand-in for api.stripe.com",
    reply: () => ({ body: '{"id":"x","object":"x","data":[]}' }),
  },
  fetch: {
    standIn: "a stand-in for the web",
    env: () => ({ PYTHONPATH: join(import.meta.dirname, "../python") }),
    args: () => ["--ignore-robots-txt"],
    reply: () => ({ type: "text/html", body: "<html><body><p>hello</p></body></html>" }),
  },
  playwright: {
    standIn: "a stand-in for the web, in a real Chromium",
    args: ({ port }) => {
      const browser = ["--headless", "--isolated", "--no-sandbox", "--executable-path", findChromium()];
      const proxy = ["--proxy-server", `http://127.0.0.1:${port}`, "--proxy-bypass", "<-loopback>"];
      return [...browser, ...proxy, "--ignore-https-errors"];
    },
    reply: () => ({
      type: "text/html",
      body: "<html><body><input id=e1 aria-label=a><p>a</p></body></html>",
    }),
    isNoise: ({ path, host }) => path === "/favicon.ico" || /google|gvt1/.test(host),
    opening: [
      ["browser_navigate", '{"url":"https://example.com/"}'],
      ["browser_snapshot", "{}"],
    ],
    reset: (folder) => rmSync(join(folder, "x.txt"), { force: true }),
    observe: (folder) => readdirSync(folder).filter((file) => file === "x.txt"),
    readsText: true,
  },
};
