/** `tollgate policy schema`: the JSON Schema of the policy document, for editors. */

import { policySchema } from "../../policy/document/document.ts";
import { DONE, type PolicyCommand, readArguments, refuseUsage, sayJson } from "../cli/command.ts";

const HELP = `Usage: tollgate policy schema

Prints the JSON Schema (draft 2020-12) of a policy in its normal form. The same is in policies/policy.schema.json.
An editor uses it when the policy begins with
  "$schema": "./policy.schema.json"
in JSON, or in YAML with the comment
  # yaml-language-server: $schema=./policy.schema.json

  --help    this text

Exit codes: 0 done, 64 bad usage.
`;

export const SCHEMA: PolicyCommand = {
  name: "schema",
  summary: "the JSON Schema of a policy, for editors",
  help: HELP,
  run: async (argv, world) => {
    const read = readArguments(argv, {});
    if (!read.ok) return refuseUsage(world, "schema", [read.problem]);
    if (read.positionals.length > 0 || read.server.length > 0) {
      return refuseUsage(world, "schema", ["takes no arguments"]);
    }
    sayJson(world, policySchema());
    return DONE;
  },
};
