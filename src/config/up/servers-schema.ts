/** The JSON Schema of the file of `tollgate up`, for editors: made from the shape that the settings are checked with. */

import * as z from "zod";
import { SETTINGS_SHAPE } from "../settings/settings-shape.ts";

const word = z.union([z.string(), z.number(), z.boolean()]);
const command = z.union([z.string(), z.array(word).min(1)]);
const { upstream, server, listen, ...shared } = SETTINGS_SHAPE.shape;

const SERVERS_FILE_SHAPE = z
  .strictObject({
    ...shared,
    servers: z.record(
      z.string().regex(/^[\p{L}\p{N}._-]{1,60}$/u),
      z.strictObject({ ...shared, upstream, server, listen, command: command.optional() }),
    ),
  })
  .partial()
  .required({ servers: true });

/** Settings that are a mapping or one text; the shapes read the text by code that a schema cannot express. */
const ALSO_TEXT = ["admin", "audit", "limits"];

export function serversSchema(): object {
  const schema = z.toJSONSchema(SERVERS_FILE_SHAPE, {
    io: "input",
    unrepresentable: "any",
    override: ({ jsonSchema: { properties = {} } }) => {
      // Of mappings of settings alone: other mappings have parts of these names.
      for (const name of "log-level" in properties ? ALSO_TEXT : []) {
        const mapping = properties[name];
        if (typeof mapping === "object") properties[name] = { anyOf: [{ type: "string" }, mapping] };
      }
    },
  });
  return { title: "The servers of tollgate up", ...schema };
}
