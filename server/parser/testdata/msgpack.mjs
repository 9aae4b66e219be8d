// The reference codec of the msgpack format, socket.io-msgpack-parser in
// server/e2e/node, after npm ci there. Each line written is {hex, packet} or
// {hex, error}; a packet is shown by show, its arguments also as JSON.
//
//   node testdata/msgpack.mjs table > testdata/msgpack.jsonl   what it writes, and reads again
//   node testdata/msgpack.mjs random <count> <seed>             the same of random packets, and a long one
//   node testdata/msgpack.mjs read                             reads hex, a line each
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../../e2e/node/package.json", import.meta.url));
const { Decoder, Encoder } = require("socket.io-msgpack-parser");

// show gives what JSON has no form for one, and what undefined becomes elsewhere.
function show(v) {
  if (v === undefined || v === null) return null;
  if (typeof v === "number" && !Number.isFinite(v)) return { $number: String(v) };
  if (Buffer.isBuffer(v)) return { $bytes: v.toString("hex") };
  if (v instanceof ArrayBuffer) return { $bytes: Buffer.from(v).toString("hex") };
  if (v instanceof Date) return Number.isNaN(v.getTime()) ? null : { $date: v.getTime() };
  if (Array.isArray(v)) return v.map(show);
  if (typeof v !== "object") return v;
  return Object.fromEntries(Object.entries(v).filter(([, inner]) => inner !== undefined).map(([key, inner]) => [key, show(inner)]));
}

function read(message) {
  const hex = message.toString("hex");
  let packet;
  const decoder = new Decoder();
  decoder.on("decoded", (decoded) => (packet = decoded));
  try {
    decoder.add(message);
  } catch (e) {
    return { hex, error: e.message };
  }
  const { type, nsp, id, data } = packet;
  const shown = { type, nsp, id };
  if (data !== undefined) shown.data = show(data);
  const raw = Array.isArray(data) ? data.slice(1).map((v) => JSON.stringify(v) ?? "null") : undefined;
  return { hex, packet: shown, raw };
}

const every = (count, f) => Array.from({ length: count }, (_, i) => f(i));
const edges = [0, 1, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63];
const args = {
  texts: ["", "é中😀\u2028\"\\\n\0", "x".repeat(31), "x".repeat(32), "é".repeat(16), "x".repeat(255), "x".repeat(256), "looks like 😀".repeat(20)],
  surrogates: ["a\ud83db", "\ude00", `${"long".repeat(10)}\ud800`],
  whole: [...edges, ...edges.map((n) => -n), -32, -33, -128, -129, 12345678901234567],
  fractions: [0.1, -1.5, 1e-7, 5e-324, 1.7976931348623157e308, NaN, Infinity, -Infinity, -0],
  words: [true, false, null, undefined],
  dates: [0, 1, -1, 1.7e12, 8.64e15, -8.64e15, 253402300800000, -62167219200001, 2 ** 32, NaN].map((ms) => new Date(ms)),
  bytes: [0, 1, 255, 256].flatMap((n) => [Buffer.alloc(n, 7), new Uint8Array(n).fill(8).buffer]).concat(new Uint8Array([1, 2, 3])),
  lists: [[], [[]], every(15, Number), every(16, Number), [1, [2, [3, { four: 5 }]]], [undefined, null], new Array(3)],
  objects: [{}, { a: undefined, b: 1 }, { b: 1, 10: 2, 2: 3, a: { "": [Buffer.from("x")] } }, Object.fromEntries(every(16, (i) => [`k${i}`, i])), { f() {}, g: 1 }],
  special: [{ toJSON: () => ({ custom: 1 }) }, JSON.parse('{"a":1,"__proto__":{"b":2}}'), { "é😀": 1, true: 2 }],
};
const long = [Buffer.alloc(65536, 1), new ArrayBuffer(65536), "y".repeat(65536), every(65536, (i) => i % 2)];
const packets = [
  ...Object.entries(args).flatMap(([name, data]) => [{ type: 2, data: [name, ...data], nsp: "/" }, { type: 3, data, nsp: "/chat", id: 17 }]),
  { type: 0, data: undefined, nsp: "/" }, { type: 0, nsp: "/a?b=c" }, { type: 0, data: { token: "x", since: new Date(5) }, nsp: "/é" }, { type: 1, nsp: "/" },
  { type: 4, data: "no", nsp: "/" }, { type: 4, data: { message: "no", data: Buffer.from("x") }, nsp: "/x" },
  { type: 2, options: { compress: true }, data: ["late"], id: 0, nsp: "/", more: [{}] }, { type: 2, data: [1.5], nsp: "/" }, { type: 2, data: [NaN], nsp: "/" },
  // Refused, here or there.
  { type: 5, data: ["x"], nsp: "/" }, { type: "2", data: ["x"], nsp: "/" }, { type: 2, data: ["x"] }, { type: 2, data: ["x"], nsp: null }, { type: 2, data: {}, nsp: "/" },
  { type: 2, data: ["x"], nsp: "/", id: "1" }, { type: 2, data: ["x"], nsp: "/", id: 1.5 }, { type: 2, data: ["x"], nsp: "/", id: null }, { type: 0, data: [], nsp: "/" },
  { type: 0, data: null, nsp: "/" }, { type: 0, data: new Date(0), nsp: "/" }, { type: 1, data: 1, nsp: "/" }, { type: 4, nsp: "/" }, { type: 2, nsp: "/" }, { type: 3, nsp: "/" }, [], 1, null, "2", {},
];

// random makes the same packets of the same seed.
function random(count, seed) {
  const next = (n) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
  const pick = (list) => list[next(list.length)];
  const leaves = Object.values(args).flat().filter((v) => (v?.length ?? v?.byteLength ?? 0) < 300);
  const value = (depth) => {
    const kind = next(depth > 0 ? 5 : 3);
    if (kind < 2) return pick(leaves);
    if (kind === 2) return Math.round((next(2 ** 30) - 2 ** 29) * pick([1, 0.001, 1e6, 1e12]) * 8) / 8;
    if (kind === 3) return every(next(5), () => value(depth - 1));
    return Object.fromEntries(every(next(5), () => [pick(["a", "b", "1", "", "é"]), value(depth - 1)]));
  };
  return every(count, () => {
    const packet = { type: pick([2, 2, 2, 3]), data: [pick(["event", "é", ""]), ...every(next(4), () => value(4))], nsp: pick(["/", "/a"]) };
    if (next(2)) packet.id = next(2 ** 30);
    return packet;
  });
}

const print = (row) => process.stdout.write(`${JSON.stringify(row)}\n`);
const write = (list) => list.forEach((packet) => print(read(new Encoder().encode(packet)[0])));
switch (process.argv[2]) {
  case "table":
    write(packets);
    break;
  case "random":
    write([...random(Number(process.argv[3]), Number(process.argv[4])), { type: 2, data: ["long", ...long], nsp: "/" }]);
    break;
  case "read":
    for await (const line of createInterface({ input: process.stdin })) print(read(Buffer.from(line, "hex")));
}
