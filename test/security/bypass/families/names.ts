/** Tool names and methods that look like the guarded ones: no server knows them, or they are the guarded ones. */

import { call, callOf, envelope, escaped, type Family, harmless, vector } from "../vector.ts";

/** Names that a server could take for the guarded one, and that it does not list. */
const LOOK_ALIKES = [
  "Danger",
  "DANGER",
  "danger ",
  " danger",
  "danger\\u0000",
  "danger\\u0000safe",
  "dan\\u200bger",
  "\\u0064anger\\ufeff",
  "\\uff44\\uff41\\uff4e\\uff47\\uff45\\uff52",
  "danger\\n",
  "danger\\r",
  "danger\\u2028",
];

/** Names that are forwarded unchanged; the server knows no such tool. */
const OTHER_NAMES = [
  "d\\u0430nger",
  "danger/",
  "./danger",
  "danger;safe",
  "safe,danger",
  "danger()",
  "tools.danger",
  "%64anger",
  "dangér",
];

const SAME_NAME = [escaped("danger"), `${escaped("d")}anger`, "dange\\u0072", "\\u0064\\u0061nger"];

/** Methods other than tools/call, forwarded as unknown methods. */
const OTHER_METHODS = [
  "Tools/Call",
  "TOOLS/CALL",
  "tools/Call",
  "tools//call",
  "tools/call/",
  "/tools/call",
  "tools/call ",
  " tools/call",
  "tools/call\\u0000",
  "tools/call\\u0000x",
  "tools\\u0000/call",
  "tools/call\\n",
  "tools/call\\t",
  "tools/\\u200bcall",
  "tools\\uff0fcall",
  "tools\\u2215call",
  "tools%2Fcall",
  "tools.call",
  "tools_call",
  "tools\\\\call",
  "tool/call",
  "tools/calls",
  "tools/callTool",
  "callTool",
  "CallTool",
  "rpc.tools/call",
  "mcp/tools/call",
  "tools/call?name=danger",
  "tools/call#danger",
  "tools/call;v=1",
  "ſ".replace("ſ", "tool\\u017f/call"),
];

const SAME_METHOD = ["tools\\/call", "tools\\u002fcall", escaped("tools/call"), "\\u0074ools/call"];

export const NAMES: Family = [
  ...LOOK_ALIKES.map((name) => vector(`tool ${name}`, callOf(name))),
  ...OTHER_NAMES.map((name) => harmless(`tool ${name}`, callOf(name))),
  ...SAME_NAME.map((name) => vector(`tool ${name}`, callOf(name))),
  ...OTHER_METHODS.map((method) =>
    harmless(`method ${method}`, envelope(`"method":"${method}","params":{"name":"danger","arguments":{}}`)),
  ),
  ...SAME_METHOD.map((method) =>
    vector(`method ${method}`, envelope(`"method":"${method}","params":{"name":"danger","arguments":{}}`)),
  ),
  vector("a name of 1,025", callOf("d".repeat(1025))),
  vector("a method of 257", envelope(`"method":"${"m".repeat(257)}","params":{"name":"danger"}`)),
  vector("a name in a list", call('{"name":["danger"],"arguments":{}}')),
  vector("a name in an object", call('{"name":{"name":"danger"},"arguments":{}}')),
  ...["1", "null", "true", "1.0", '{"toString":"danger"}', '["danger","safe"]'].map((name) =>
    vector(`the name ${name}`, call(`{"name":${name},"arguments":{}}`)),
  ),
  vector("no name", call('{"arguments":{}}')),
  ...['["tools/call"]', '{"method":"tools/call"}', "1", "null", "true"].map((method) =>
    vector(`the method ${method}`, envelope(`"method":${method},"params":{"name":"danger"}`)),
  ),
];
