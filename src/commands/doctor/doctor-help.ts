/** The text of `tollgate doctor --help`. */

export const DOCTOR_HELP = `Usage: tollgate doctor --upstream URL [flags of tollgate run] [--format text|json]
       tollgate doctor [flags of tollgate run] -- COMMAND [ARG...]

Looks at a set-up before it runs, or while it runs, and says what to mend: settings, policy, server (reached,
certificate, transport, revision, tools), isolation, ports, store, clock, files, scrape. It changes nothing, and calls no tool.

  --format text|json  text for people, or the findings as JSON
  --upstream URL, --policy FILE, --config FILE and every other flag and variable of tollgate run: give the same ones

Examples: tollgate doctor --config tollgate.yaml
          tollgate doctor --policy policy.yaml -- npx -y some-server
Exit codes: 0 no fault (there may be warnings), 1 a fault, 2 bad usage.
`;
