/** Finds tools to which the caller supplies the program: a free-form query, command or script. */

/** Arguments that hold a program in any tool. */
const PROGRAMS: ReadonlySet<string> = new Set(
  "sql command commands cmd script shell bash cypher statement statements javascript python sqlquery raw_sql sql_query code_to_run command_line commandline promql logql kql soql program".split(
    " ",
  ),
);
/** Arguments that hold a program when the description mentions a language. */
const MAYBE_PROGRAMS: ReadonlySet<string> = new Set(
  "query queries expr expression code function pipeline".split(" "),
);
const LANGUAGE =
  /\b(?:sql|cypher|promql|logql|traceql|kql|soql|sparql|graphql|gaql|hql|flux|javascript|python|shell|query language|select (?:query|queries|statements?)|range query|instant query)\b/i;
const RUNNING: ReadonlySet<string> = new Set("query run execute exec eval evaluate".split(" "));
const SEARCHING: ReadonlySet<string> = new Set(
  "search find lookup look list get resolve browse suggest grep glob".split(" "),
);

/** Whether the caller supplies the program: a free-form query, command or script. */
export function isFreeForm(argumentNames: readonly string[], description: string, verb: string): boolean {
  const names = argumentNames.map((name) => name.toLowerCase());
  if (names.some((name) => PROGRAMS.has(name))) return true;
  const hasLanguage = LANGUAGE.test(description.slice(0, 300));
  const isRunning = RUNNING.has(verb);
  if (argumentNames.length === 0) return isRunning && hasLanguage;
  const isProgram = (name: string): boolean =>
    MAYBE_PROGRAMS.has(name) && (hasLanguage || (isRunning && name !== "queries"));
  return !SEARCHING.has(verb) && names.some(isProgram);
}
