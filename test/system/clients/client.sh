# Sends requests with curl; prints kind, status and body of each response. The file large.bin has 16 MiB.
set -u
url=$1
large=$2
ping='{"jsonrpc":"2.0","id":1,"method":"ping"}'
json='Content-Type: application/json'
post() {
  kind=$1
  shift
  if answer=$(curl -sS --noproxy '*' -w '\t%{http_code}' "$@" "$url" 2>&1); then
    printf '%s\t%s\t%s\n' "$kind" "${answer##*$'\t'}" "${answer%$'\t'*}"
  else
    printf '%s\t0\t%s\n' "$kind" "$answer"
  fi
}
post "served" -H "$json" -d "$ping"
post "served again" --http2 -H "$json" -d "$ping"
post "charset" -H "$json; charset=UTF8" -d "$ping"
for _ in 1 2 3; do
  post "large" -H "$json" --data-binary "@$large"
  post "chunked" -H "$json" -H "Transfer-Encoding: chunked" -H "Expect:" --data-binary "@$large"
  post "headers" -H "$json" -H "X-Padding: $(printf 'x%.0s' $(seq 20000))" -d "$ping"
done
post "after all" -H "$json" -d "$ping"
