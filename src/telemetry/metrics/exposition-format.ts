/** The formats of a scrape, and the choice between them by the `Accept` header. */

export type TextFormat = "openmetrics" | "text";

export type Format = TextFormat | "protobuf";

/** The message that Prometheus reads; other protocol buffers are not written. */
const MESSAGE =
  "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  protobuf: MESSAGE,
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  text: "text/plain; version=0.0.4; charset=utf-8",
};

/** The format that `Accept` prefers; of equal ones the one that tells more. Plain text where it names none. */
export function chooseFormat(accept: string | undefined): Format {
  const ranges = (accept ?? "").toLowerCase().split(",").map(readRange);
  const protobuf = qualityOf(ranges.filter(isMessage), ["application/vnd.google.protobuf"]);
  const openMetrics = qualityOf(ranges, ["application/openmetrics-text"]);
  const text = qualityOf(ranges, ["text/plain", "text/*", "*/*"]);
  if (protobuf > 0 && protobuf >= Math.max(openMetrics, text)) return "protobuf";
  return openMetrics > 0 && openMetrics >= text ? "openmetrics" : "text";
}

interface MediaRange {
  readonly type: string;
  readonly parameters: readonly string[];
}

function readRange(range: string): MediaRange {
  const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
  return { type, parameters };
}

function isMessage({ parameters }: MediaRange): boolean {
  const { parameters: needed } = readRange(MESSAGE.toLowerCase());
  return needed.every((parameter) => parameters.includes(parameter));
}

/** The highest q of these media types; 0 when none of them is listed. */
function qualityOf(ranges: readonly MediaRange[], types: readonly string[]): number {
  const qualities = ranges
    .filter(({ type }) => types.includes(type))
    .map(({ parameters }) => {
      const quality = parameters.find((parameter) => parameter.startsWith("q="));
      return quality === undefined ? 1 : Number(quality.slice(2)) || 0;
    });
  return Math.max(0, ...qualities);
}
