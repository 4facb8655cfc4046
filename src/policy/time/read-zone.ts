/** Reads `timezone` of a document, a limit or a condition. */

import { string, type Shape } from "../schema/schema.ts";
import { type TimeZone, timeZone } from "./time-zone.ts";

const NAME = string(1);

export const TIME_ZONE: Shape<TimeZone> = {
  read: (json, place) => {
    const name = NAME.read(json, place);
    if (name === undefined) return undefined;
    return (
      timeZone(name) ??
      place.report(`must be a time zone such as Europe/Berlin or UTC, got ${JSON.stringify(name)}`)
    );
  },
  schema: NAME.schema,
};
