# Sourced by .ci/run: steps that run alone or in lanes, side by side.
# The output of a step is printed whole when the step ends; a step that takes too long is ended, and fails.
# At the end each failed step runs once more, alone. If it passes then, the run passes, and names the step as unsteady:
# an unsteady step is a fault to be mended, in the product or in its test.

: "${STEP_SECONDS:=1500}" "${RUN_SECONDS:=4800}"
state=$(mktemp -d)
touch "$state/passed" "$state/failed" "$state/unsteady"
trap 'exit 130' INT
trap 'exit 143' TERM
trap end_all EXIT

# step NAME COMMAND...: runs the command and notes whether it passed. Always returns 0, so that the next step runs.
step() {
  local name=$1 start=$SECONDS status=0 log
  shift
  printf '%q ' "$@" > "$state/command of $name"
  log=$(mktemp "$state/log.XXXX")
  printf -- '-- %s: started after %d s\n' "$name" "$SECONDS"
  timeout --kill-after=20 "$(seconds_for_step)" "$@" > "$log" 2>&1 &
  echo $! > "$log.pid"
  wait $! || status=$?
  rm "$log.pid"
  report "$name" "$status" "$((SECONDS - start))" "$log"
}

# together LANE...: runs functions side by side; the steps of one function run one after another.
together() {
  local lane
  for lane in "$@"; do "$lane" & done
  wait
}

# finish: runs failed steps again, prints the end of the output of each failure again, where the last lines of a long
# run are read, then which steps failed or are unsteady and how many passed, and ends the run.
finish() {
  local passed failed name
  try_again
  passed=$(wc -l < "$state/passed") failed=$(wc -l < "$state/failed")
  for name in "$state/end of "*; do
    [ -e "$name" ] || continue
    printf '\n== %s failed; its output ended so ==\n' "${name#"$state/end of "}"
    cat "$name"
  done
  printf '\n%d s\n' "$SECONDS"
  sed 's/^/unsteady: /' "$state/unsteady"
  sed 's/^/failed: /' "$state/failed"
  printf '%d passed, %d failed\n' "$passed" "$failed"
  exit "$((failed > 0))"
}

# Empties the list of failed steps and runs each of them again; those that fail again are back in it.
try_again() {
  local name
  mv "$state/failed" "$state/first failed"
  : > "$state/failed"
  while read -r name; do
    eval "step \"$name, again\" $(cat "$state/command of $name")"
    [ "$(tail -n 1 "$state/failed")" = "$name, again" ] || echo "$name" >> "$state/unsteady"
  done < "$state/first failed"
}

# The bound of a step, or what is left of the bound of the run.
seconds_for_step() {
  local left=$((RUN_SECONDS - SECONDS))
  echo "$((left < 1 ? 1 : left < STEP_SECONDS ? left : STEP_SECONDS))"
}

report() {
  local name=$1 status=$2 seconds=$3 log=$4 outcome=passed
  case $status in
    0) ;;
    124 | 137) outcome="failed: took too long" ;;
    *) outcome="failed: exit $status" ;;
  esac
  echo "$name" >> "$state/${outcome%%:*}"
  [ "$status" = 0 ] || tail -n 60 "$log" | cut -c 1-300 > "$state/end of $name"
  # The lock keeps the output of two lanes apart.
  (
    flock 9
    printf '\n== %s ==\n' "$name"
    cat "$log"
    printf -- '-- %s: %s after %d s\n' "$name" "$outcome" "$seconds"
  ) 9> "$state/lock"
}

# Lanes first, or they would go on with their next step.
end_all() {
  jobs -p | xargs -r kill 2> /dev/null || true
  cat "$state"/*.pid 2> /dev/null | xargs -r kill 2> /dev/null || true
  rm -rf "$state"
}
