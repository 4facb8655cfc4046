/** The two exposition formats, and the choice between them by the `Accept` header. */

export type Format = "openmetrics" | "text";

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  text: "text/plain; version=0.0.4; charset=utf-8",
};

/** OpenMetrics when `Accept` prefers it to plain text; plain text otherwise. */
export function chooseFormat(accept: string | undefined): Format {
  const openMetrics = qualityOf(accept, ["application/openmetrics-text"]);
  const text = qualityOf(accept, ["text/plain", "text/*", "*/*"]);
  return openMetrics > 0 && openMetrics >= text ? "openmetrics" : "text";
}

/** The highest q of these media types in an `Accept` header; 0 when it lists none of them. */
function qualityOf(accept: string | undefined, types: readonly string[]): number {
  const qualities = (accept ?? "").split(",").map((range) => {
    const [type = "", ...parameters] = range.toLowerCase().split(";");
    if (!types.includes(type.trim())) return 0;
    const quality = parameters.map((parameter) => parameter.trim()).find((text) => text.startsWith("q="));
    return quality === undefined ? 1 : Number(quality.slice(2)) || 0;
  });
  return Math.max(...qualities);
}
