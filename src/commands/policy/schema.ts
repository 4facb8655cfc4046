/** `tollgate policy schema`: prints the JSON Schema of the policy document. */

import { policySchema } from "../../policy/document/document.ts";
import { EXIT_OK, type PolicyCommand, readArguments, refuseUsage, writeJson } from "../cli/command.ts";

const HELP = `Usage: tollgate policy schema

Prints the JSON Schema (draft 2020-12) of a policy in its normal form. policies/policy.schema.json is a copy.
An editor uses it when the policy begins with
  "$schema": "./policy.schema.json"
in JSON, or in YAML with the comment
  # yaml-language-server: $schema=./policy.schema.json

  --help    this text

Examples: tollgate policy schema > policy.schema.json
          tollgate policy schema | jq '."$defs" | keys'
Exit codes: 0 done, 64 bad usage.
`;

export const SCHEMA_COMMAND: PolicyCommand = {
  name: "schema",
  summary: "the JSON Schema of a policy, for editors",
  help: HELP,
  run: async (argv, io) => {
    const read = readArguments(argv, {});
    if (!read.ok) return refuseUsage(io, "tollgate policy schema", [read.problem]);
    if (read.positionals.length > 0 || read.server.length > 0) {
      return refuseUsage(io, "tollgate policy schema", ["takes no arguments"]);
    }
    writeJson(io, policySchema());
    return EXIT_OK;
  },
};
