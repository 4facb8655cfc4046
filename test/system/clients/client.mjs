// Sends requests with the fetch of Node; prints kind, status and body of each response.

const LARGE = 16 << 20;
const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

function chunks() {
  let left = LARGE;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(1 << 16));
      left -= 1 << 16;
      if (left === 0) controller.close();
    },
  });
}

async function post(kind, body = PING, { type = "application/json", padding = "" } = {}) {
  const headers = { "content-type": type, "x-padding": padding };
  const response = await fetch(process.argv[2], { method: "POST", headers, body, duplex: "half" });
  console.log(`${kind}\t${response.status}\t${await response.text()}`);
}

await post("served");
await post("served again");
await post("charset", PING, { type: "application/json; charset=UTF8" });
for (let round = 0; round < 3; round += 1) {
  await post("large", new Uint8Array(LARGE));
  await post("chunked", chunks());
  await post("headers", PING, { padding: "x".repeat(20_000) });
}
await post("after all");
