/** Routes that correct a label: the policy lines that assign another category to a tool, shown or written to a file. */

import type { Express, Request, Response } from "express";
import { printPolicyLines } from "../config/files/policy-lines.ts";
import { printJson } from "../json/print-json.ts";
import { CATEGORIES, type Category } from "../policy/category/category.ts";
import type { LabelCorrection } from "../policy/lint/correct-label.ts";
import { didYouMean } from "../policy/schema/did-you-mean.ts";
import type { LabelResponse } from "./api.ts";
import type { Operator } from "./control-actions.ts";
import { type OperatorOf, readOperator, readText, withBody } from "./control-body.ts";
import { sendError } from "./send-error.ts";

export interface LabelActions {
  /** The file for corrections; undefined when the settings name none. */
  readonly correctionsFile: string | undefined;
  /** Undefined when the server has listed no tool of this name. */
  readonly correctLabel: (tool: string, category: Category) => LabelCorrection | undefined;
  /** Adds the entry to the file. Returns the problem when that fails, else undefined. */
  readonly saveLabel: (
    label: { readonly tool: string; readonly category: Category; readonly correction: LabelCorrection },
    operator: Operator,
  ) => string | undefined;
}

/** Adds the routes. Security: the caller requires control before them, for changes. */
export function addLabelRoutes(app: Express, actions: LabelActions, operatorOf: OperatorOf): void {
  app.get("/tools/label", (request: Request, response: Response) => {
    const label = readLabel(actions, request.query["tool"], request.query["category"]);
    if ("problem" in label) return sendError(response, label.status, label.problem);
    response.json(labelResponse(actions, label, false));
  });
  app.post("/tools/label", (request, response) =>
    withBody(request, response, (body) => {
      const operator = readOperator(body, operatorOf(request));
      const label = readLabel(actions, readText(body, "tool"), readText(body, "category"));
      if ("problem" in label) return sendError(response, label.status, label.problem);
      if (actions.correctionsFile === undefined) return sendError(response, 409, NO_FILE);
      const problem = actions.saveLabel(label, operator);
      if (problem !== undefined) sendError(response, 500, problem);
      else response.json(labelResponse(actions, label, true));
    }),
  );
}

const NO_FILE =
  "there is no file for corrections: name one with labels: { corrections-file } in the settings, or add the lines to the policy";

interface Label {
  readonly tool: string;
  readonly category: Category;
  readonly correction: LabelCorrection;
}

function readLabel(
  actions: LabelActions,
  tool: unknown,
  word: unknown,
): Label | { readonly status: number; readonly problem: string } {
  const category = CATEGORIES.find((known) => known === word);
  if (typeof tool !== "string") return { status: 400, problem: "tool: must be the name of a tool" };
  if (category === undefined) {
    const near = typeof word === "string" ? didYouMean(word, CATEGORIES) : "";
    return { status: 400, problem: `category: must be one of ${CATEGORIES.join(", ")}${near}` };
  }
  const correction = actions.correctLabel(tool, category);
  return correction === undefined
    ? { status: 404, problem: "the server has listed no tool of this name" }
    : { tool, category, correction };
}

function labelResponse(
  { correctionsFile }: LabelActions,
  { tool, category, correction: { key, entry, note } }: Label,
  isWritten: boolean,
): LabelResponse {
  const document = new Map([["tools", new Map([[key, entry]])]]);
  const policy: unknown = JSON.parse(printJson(document));
  return {
    tool,
    category,
    policy,
    lines: printPolicyLines(document, "yaml"),
    note: note ?? null,
    file: correctionsFile ?? null,
    written: isWritten,
  };
}
