// The reference decoder, on standard input and output. Each line is a JSON array
// of messages, {text} or {hex}, for a new decoder; the answer is one line,
// {packets} with what it decoded or {error}.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../../e2e/node/package.json", import.meta.url));
const { Decoder } = require("socket.io-parser");

export function decode(messages) {
  const packets = [];
  const decoder = new Decoder();
  decoder.on("decoded", (packet) => packets.push(packet));
  try {
    for (const m of messages) {
      decoder.add(m.hex === undefined ? m.text : Buffer.from(m.hex, "hex"));
    }
  } catch (e) {
    return { error: e.message };
  }
  return { packets };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(decode(JSON.parse(line)))}\n`);
  }
}
