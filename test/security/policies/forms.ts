/** Other forms of a value, as JSON text, that some server or parser takes for the value itself. */

import { isJsonArray, isJsonObject, type Json, JsonNumber } from "../../../src/json/json.ts";
import { printJson } from "../../../src/json/print-json.ts";

const text = (value: string): string => JSON.stringify(value);
const FULL_WIDTH = 0xfee0;

/** The value as it is written comes first. */
export function formsOf(value: Json): readonly string[] {
  const written = printJson(value);
  return Array.from(new Set([written, ...particular(value, written), ...wrapped(written)]));
}

function particular(value: Json, written: string): readonly string[] {
  if (value instanceof JsonNumber) return formsOfNumber(value.token);
  if (typeof value === "string") return formsOfText(value);
  if (typeof value === "boolean") return formsOfBoolean(value);
  if (isJsonArray(value)) return formsOfList(value, written);
  if (isJsonObject(value)) return formsOfObject(value, written);
  return [text("null"), text("None"), text("")];
}

/** Forms that FastMCP parses or that loose binders unwrap. */
function wrapped(written: string): readonly string[] {
  return [
    `[${written}]`,
    `[[${written}]]`,
    text(`[${written}]`),
    text(written),
    text(` ${written}\n`),
    text(text(written)),
    `{"value":${written}}`,
    `{"0":${written}}`,
    text(`{"value":${written}}`),
  ];
}

function formsOfNumber(token: string): readonly string[] {
  const number = Number(token);
  const near = Number.isInteger(number)
    ? [
        `${token}.0`,
        `${token}.4`,
        `${token}.6`,
        `${number - 0.4}`,
        `${number - 0.6}`,
        `${token}e0`,
        `${token}0e-1`,
      ]
    : [];
  const exact = Number.isInteger(number)
    ? [`${token}.00000000000000000001`, `${token}.000000000000000000001`]
    : [];
  const ends = number === 0 ? ["-0", "-0.0", "0e5", "1e-400", "-1e-400", "0.4", "-0.4", "false", "null"] : [];
  const one = number === 1 ? ["true", text("true")] : [];
  return [...near, ...exact, ...ends, ...one, ...numberTexts(token, number).map(text)];
}

/** Texts that int() of Python, Number() of JavaScript, strconv of Go, or a database read as the number. */
function numberTexts(token: string, number: number): readonly string[] {
  const digits = String(Math.abs(number));
  const sign = number < 0 ? "-" : "";
  const shifted = (zero: number): string =>
    sign + digits.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
  return [
    token,
    ` ${token}`,
    `${token}\u00a0`,
    `\n${token}\t`,
    `+${token}`,
    `${token}.0`,
    `${token}.`,
    `00${token}`,
    `${token}e0`,
    `${token}n`,
    `${token}_`,
    `${sign}${digits.slice(0, 1)}_${digits.slice(1)}`,
    `${sign}${digits.slice(0, -3)},${digits.slice(-3)}`,
    `0x${Math.abs(number).toString(16)}`,
    `0o${Math.abs(number).toString(8)}`,
    `0b${Math.abs(number).toString(2)}`,
    shifted(0x660),
    shifted(0xff10),
    shifted(0x966),
    `PT${token}S`,
    `\u2212${digits}`,
  ];
}

function formsOfText(value: string): readonly string[] {
  const wide = value.replace(/[!-~]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + FULL_WIDTH));
  const looks = [
    value.toUpperCase(),
    value.toLowerCase(),
    value.replace(/^./, (first) => first.toUpperCase()),
    ` ${value}`,
    `${value} `,
    `\t${value}`,
    `\n${value}`,
    `${value}\n`,
    `${value}\0`,
    `\u00a0${value}`,
    `\u200b${value}`,
    `\ufeff${value}`,
    `${value}\u200d`,
    value.replace(/^./, (first) => `${first}\u00ad`),
    wide,
    value.replace(/i/, "\u0130"),
    value.replace(/s/, "\u017f"),
    value.replace(/k/i, "\u212a"),
    value.normalize("NFD"),
    `'${value}'`,
    `"${value}"`,
    `b'${value}'`,
    encodeURIComponent(value),
    value.replaceAll("/", "//"),
    value.replaceAll("/", "\\"),
    value.replace(/^\//, "/./"),
    `./${value}`,
    `${value}/`,
    `${value}/.`,
  ];
  const bytes = `[${Array.from(Buffer.from(value.slice(0, 200)), String).join()}]`;
  const letters = JSON.stringify(Array.from(value.slice(0, 200)));
  const key = text(value);
  const number = /^-?\d+$/.test(value) ? [value] : [];
  return [
    ...looks.map(text),
    bytes,
    letters,
    `{${key}:null}`,
    `{${key}:{}}`,
    `{"name":${key}}`,
    `{"type":${key}}`,
    ...number,
  ];
}

function formsOfBoolean(value: boolean): readonly string[] {
  const words = value
    ? ["true", "True", "TRUE", "T", "t", "yes", "Y", "on", "1", "1.0", " true", "enabled", "x"]
    : ["false", "False", "F", "no", "off", "0", "n", " false", ""];
  const values = value
    ? ["1", "1.0", "1e0", "2", "-1", "0.5", "{}", "[]", "[0]"]
    : ["0", "0.0", "-0", "null", "1e-400"];
  return [...words.map(text), ...values];
}

function formsOfList(list: readonly Json[], written: string): readonly string[] {
  const items = list.map((item) => printJson(item));
  const numbered = `{${items.map((item, index) => `"${index}":${item}`).join()}}`;
  const words = list.every((item) => typeof item === "string")
    ? [list.join(","), list.join(" "), list.join("\n")].map(text)
    : [];
  return [
    ...items.slice(0, 1),
    numbered,
    `{"item":${written}}`,
    `{"items":${written}}`,
    `[${["null", ...items].join()}]`,
    ...(items.length > 0 ? [`[${items.map((item) => text(item)).join()}]`] : []),
    ...words,
  ];
}

/** serde reads a struct from a list of its fields, and Go's encoding/json any case of a name. */
function formsOfObject(object: ReadonlyMap<string, Json>, written: string): readonly string[] {
  const members = Array.from(object, ([name, value]) => [name, printJson(value)] as const);
  const renamed = (rename: (name: string) => string): string =>
    `{${members.map(([name, value]) => `${text(rename(name))}:${value}`).join()}}`;
  return [
    `[${members.map(([, value]) => value).join()}]`,
    `[${members.map(([name, value]) => `[${text(name)},${value}]`).join()}]`,
    renamed((name) => name.toUpperCase()),
    renamed((name) => name.replace(/^./, (first) => first.toUpperCase())),
    renamed((name) => ` ${name}`),
    renamed((name) => `${name}\u200b`),
    text(Array.from(members, ([name, value]) => `${name}: ${value}`).join("\n")),
    text(written.replaceAll('"', "'")),
    text(`${written} `),
  ];
}

/** Other names for an argument: by case, by the habits of languages, and by what parsers fold away. */
export function namesLike(name: string): readonly string[] {
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const camel = name.replace(/[_-]([a-z])/g, (_all, letter: string) => letter.toUpperCase());
  const names = [
    name.toUpperCase(),
    name.toLowerCase(),
    name.replace(/^./, (first) => first.toUpperCase()),
    camel,
    camel.replace(/^./, (first) => first.toUpperCase()),
    snake,
    snake.toUpperCase(),
    snake.replaceAll("_", "-"),
    snake.replaceAll("_", ""),
    `${name} `,
    ` ${name}`,
    `_${name}`,
    `${name}[]`,
    `${name}[0]`,
    `${name}.value`,
    `${name}\0`,
    `${name}\u200b`,
    name.replace(/s/, "\u017f"),
    name.replace(/k/, "\u212a"),
  ];
  return Array.from(new Set(names)).filter((other) => other !== name);
}
