/** Keeps stdout for MCP alone: what anything else in this process writes there goes to stderr. */

/** The only way to stdout from now on. */
export function takeStdout(): typeof process.stdout.write {
  const write = process.stdout.write.bind(process.stdout);
  // One line of a library's on stdout would be garbage to the client.
  process.stdout.write = process.stderr.write.bind(process.stderr);
  return write;
}
