/** ISO 8601 times, remembered for the millisecond: under load many calls share one. */

let lastMs = 0;
let lastText = new Date(0).toISOString();

export function isoTime(milliseconds: number): string {
  if (milliseconds === lastMs) return lastText;
  lastMs = milliseconds;
  lastText = new Date(milliseconds).toISOString();
  return lastText;
}
