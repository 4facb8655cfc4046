/** The pages of the documentation: where each is, and the menu that lists them by task. */

import { globSync, readFileSync } from "node:fs";
import { join, posix, resolve } from "node:path";
import { titleOf } from "./markdown.ts";

export const ROOT = resolve(import.meta.dirname, "../..");

/** Path in the repository, and the Markdown of the page. */
export interface Page {
  readonly path: string;
  readonly markdown: string;
  readonly title: string;
  /** From the root of the site. */
  readonly address: string;
}

const SOURCES = [
  "docs/**/*.md",
  "{CHANGELOG,CODE_OF_CONDUCT,CONTRIBUTING,REVIEW,SECURITY}.md",
  "deploy/**/README.md",
  "policies/README.md",
  "policies/cookbook/README.md",
];

export function readPages(): Page[] {
  return globSync(SOURCES, { cwd: ROOT })
    .toSorted()
    .map((path) => {
      const markdown = readFileSync(join(ROOT, path), "utf8");
      return { path, markdown, title: titleOf(markdown), address: addressOf(path) };
    });
}

/** The address of a page: `docs/` is the root of the site, and a README is the index of its folder. */
export function addressOf(path: string): string {
  const inSite = path.replace(/^docs\//, "").replace(/\.md$/, ".html");
  const name = posix.basename(inSite);
  return name === "README.html" ? posix.join(posix.dirname(inSite), "index.html") : inSite;
}

interface Group {
  readonly heading: string;
  readonly paths: readonly string[];
}

const docs = (...names: readonly string[]): string[] => names.map((name) => `docs/${name}.md`);

/** The menu: tutorials, how-to guides, references, then explanations. */
export const MENU: readonly Group[] = [
  { heading: "Begin", paths: docs("README", "tour", "install", "clients", "quick-start", "first-policy") },
  {
    heading: "Set up",
    paths: [
      ...docs(
        "several-servers",
        "up",
        "stdio-servers",
        "identity-recipes",
        "identity",
        "kubernetes",
        "webhook",
        "kube",
      ),
      "deploy/systemd/README.md",
      "deploy/kubernetes/README.md",
      "deploy/kubernetes/http-server/README.md",
      "deploy/kubernetes/stdio-server/README.md",
      "deploy/helm/tollgate/README.md",
      "deploy/helm/tollgate-webhook/README.md",
    ],
  },
  {
    heading: "Policies",
    paths: [
      ...docs("policy-tools", "policy", "policy/reasons", "policy/dialects", "labels"),
      "policies/README.md",
      "policies/cookbook/README.md",
    ],
  },
  { heading: "People decide", paths: docs("approvals", "freezes", "console", "denials", "server-requests") },
  { heading: "Watch", paths: docs("watching", "dashboards", "alerts", "metrics", "audit", "opentelemetry") },
  {
    heading: "Run it",
    paths: docs(
      "operating",
      "doctor",
      "upgrading",
      "troubleshooting",
      "shared-limits",
      "workers",
      "performance",
    ),
  },
  {
    heading: "Look up",
    paths: docs("command-line", "json-output", "settings", "limits", "api", "compatibility", "glossary"),
  },
  {
    heading: "Understand",
    paths: docs("threat-model", "comparison", "faq", "architecture", "decisions/README"),
  },
  {
    heading: "Work on Tollgate",
    paths: [
      "CONTRIBUTING.md",
      ...docs("development", "releasing", "versions", "mutation", "reader-corpus", "conformance-stdio"),
      "REVIEW.md",
      "SECURITY.md",
      "CODE_OF_CONDUCT.md",
      "CHANGELOG.md",
    ],
  },
];

/** Pages that an index page lists, and the menu does not. */
export const LISTED_ELSEWHERE = /^docs\/(?:decisions|runbooks)\/.*\.md$/;
