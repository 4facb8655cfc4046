// Loaded into a Node server under attack: what it would send to port 443 of any host goes to the stand-in on STAND_IN_PORT.
import tls from "node:tls";
import { syncBuiltinESMExports } from "node:module";

const { connect } = tls;
tls.connect = (...args) => {
  const [options] = args;
  if (typeof options !== "object" || Number(options.port) !== 443) return connect(...args);
  const servername = options.servername || options.host;
  const { socket: _socket, path: _path, ...rest } = options;
  return connect(
    { ...rest, host: "127.0.0.1", port: Number(process.env.STAND_IN_PORT), servername },
    ...args.slice(1),
  );
};
syncBuiltinESMExports();
