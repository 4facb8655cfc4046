/** The calls of one attack: a forbidden value in its other forms, under other names, and beside an allowed one. */

import type { Json, JsonObject } from "../../../src/json/json.ts";
import { isJsonArray, isJsonObject } from "../../../src/json/json.ts";
import { printJson } from "../../../src/json/print-json.ts";
import { formsOf, namesLike } from "./forms.ts";

/** Arguments as text; two may have one name. */
export function vectorsOf(args: JsonObject, at: string, allowed: Json | undefined): readonly string[] {
  const value = args.get(at);
  if (value === undefined) return [];
  const others = Array.from(args, ([name, other]) => [name, printJson(other)] as const).filter(
    ([name]) => name !== at,
  );
  const written = printJson(value);
  const withMembers = (...members: readonly (readonly [string, string])[]): string =>
    `{${[...others, ...members].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join()}}`;
  const good = allowed === undefined ? [] : [printJson(allowed)];
  return [
    ...[...formsOf(value), ...nested(value)].map((form) => withMembers([at, form])),
    ...namesLike(at).flatMap((name) => [
      withMembers([name, written]),
      ...good.flatMap((text) => [
        withMembers([at, text], [name, written]),
        withMembers([name, written], [at, text]),
      ]),
    ]),
    withMembers([at, "null"], [`${at}2`, written]),
    ...good.flatMap((text) => [
      withMembers([at, text], [at, written]),
      withMembers([at, written], [at, text]),
    ]),
    `{${["args", "arguments", "params", "input", "kwargs"].map((name) => `"${name}":${withMembers([at, written])}`).join()}}`,
  ];
}

/** The value with one of its members in another form. */
function nested(value: Json): readonly string[] {
  if (isJsonObject(value)) {
    const members = Array.from(value);
    return members.flatMap(([name, inner]) =>
      formsOf(inner).map((form) => {
        const texts = members.map(
          ([other, item]) => `${JSON.stringify(other)}:${other === name ? form : printJson(item)}`,
        );
        return `{${texts.join()}}`;
      }),
    );
  }
  const [first, ...rest] = isJsonArray(value) ? value : [];
  if (first === undefined || rest.length > 5) return [];
  const others = rest.map((item) => printJson(item));
  return [...formsOf(first), ...nested(first)].map((form) => `[${[form, ...others].join()}]`);
}
