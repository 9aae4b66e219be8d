// Sends a table of JavaScript values as chat messages and compares what comes
// back with Node's own JSON.stringify. Takes one JSON argument {url, transports,
// msgpack} and prints one JSON line, a list of {name, got, want}.
import { io } from "socket.io-client";
import parser from "socket.io-msgpack-parser";

const WAIT_MS = 10_000;
const { url, transports, msgpack } = JSON.parse(process.argv[2]);

const every = (from, to) => String.fromCharCode(...Array.from({ length: to - from }, (_, i) => from + i));
const nest = (depth, value) => (depth === 0 ? value : nest(depth - 1, depth % 2 ? [value] : { a: value }));

const VALUES = {
  "hello": "hello",
  "empty string": "",
  "quotes and backslashes": `"'\`\\ \\" \\\\ /`,
  "HTML": "<script>alert(\"&amp;\")</script>&<>'",
  "line and paragraph separators": "a\u2028b\u2029c",
  "control characters": every(0, 32) + "\x7f",
  "C1 controls": every(0x80, 0xa0),
  "newlines and tabs": "a\nb\r\nc\td\b\f",
  "emoji": "👋🏽 👩‍👩‍👧‍👦 🇫🇷 ❤️",
  "scripts": "Grüße, 你好, Привет, שלום, مرحبا, हिन्दी",
  "combining characters": "e\u0301 \u00e9 \u200d\u200b\ufeff",
  "lone high surrogate": "a\ud83db",
  "lone low surrogate": "a\ude00b",
  "surrogates the wrong way round": "\ude00\ud83d",
  "high surrogate at the end": "end\ud800",
  "replacement character": "\ufffd",
  "non-characters": "\uffff\ufffe",
  "escaped text": "\\u2028 \\ud800 \\n",
  "looks like JSON": '{"message":"x"}',
  "looks like a packet": '42["message","x"]',
  "record separator": "a\x1eb",
  "digits": "12345678901234567890",
  "100 KB": "0123456789abcdef".repeat(6400),
  "100 KB of two-byte text": "é\u2028".repeat(25_600),
  "100 KB of emoji": "😀".repeat(25_600),
  "zero": 0,
  "one": 1.0,
  "minus zero": -0,
  "fraction": 0.1,
  "sum of fractions": 0.1 + 0.2,
  "1e21": 1e21,
  "999999999999999900000": 999999999999999900000,
  "1e-6": 1e-6,
  "1e-7": 1e-7,
  "12345678901234567890": 12345678901234567890,
  "largest safe integer": Number.MAX_SAFE_INTEGER,
  "beyond it": 2 ** 53 + 2,
  "smallest number": 5e-324,
  "largest number": 1.7976931348623157e308,
  "negative exponent": -1.5e-9,
  "NaN": Number.NaN,
  "infinity": Number.POSITIVE_INFINITY,
  "true": true,
  "false": false,
  "null": null,
  "empty array": [],
  "empty object": {},
  "array": [1, "two", null, [3, [4]], { five: 5 }],
  "array with holes": [1, , undefined, () => 1],
  "key order": { b: 1, a: 2, c: 3 },
  "integer-like keys": { b: 1, 10: "ten", 2: "two", "01": "no", "-1": "no", 4294967294: "last", 4294967295: "no", a: 2, "": 0 },
  "nested key order": { z: { 3: 1, 1: 2, y: [{ 2: 0, 1: 0, x: 0 }] } },
  "unicode keys": { "é": 1, "\u2028": 2, "😀": 3, "\ud800": 4, "\"\\\n": 5, "<&>": 6 },
  "__proto__ key": JSON.parse('{"a":1,"__proto__":{"polluted":true},"constructor":2}'),
  "undefined property": { a: undefined, b: 1 },
  "message within": { message: { message: "inner" } },
  "toJSON": { toJSON: () => ({ custom: [1] }) },
  "date": new Date(0),
  "nested deeply": nest(100, "leaf"),
  "placeholder by hand": { _placeholder: true, num: "0" },
  "buffer": Buffer.from([0, 1, 2, 253, 254, 255]),
  "empty buffer": Buffer.alloc(0),
  "typed array": new Uint8Array([3, 2, 1]),
  "array buffer": new Uint8Array([7, 8]).buffer,
  "buffer in an object": { name: "x", data: Buffer.from("héllo"), after: 1 },
  "several buffers": [Buffer.from("a"), { 1: Buffer.from("b"), 0: Buffer.from("c") }],
};

// received is what the server's JSON.stringify sees: the value after the wire,
// on which binary data arrives as a Buffer.
function received(value) {
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (typeof value?.toJSON === "function") return value.toJSON();
  if (Array.isArray(value)) return value.map(received);
  if (value === null || typeof value !== "object") return value;
  return Object.defineProperties({}, Object.fromEntries(Object.entries(value).map(([key, inner]) =>
    [key, { value: received(inner), enumerable: true }])));
}

// unpacked is what the server's JSON.stringify sees of msgpack.
function unpacked(value) {
  let data;
  const decoder = new parser.Decoder();
  decoder.on("decoded", (packet) => ({ data } = packet));
  decoder.add(new parser.Encoder().encode({ type: 2, nsp: "/", data: ["event:message", { message: value }] })[0]);
  return data[1].message;
}

const options = { transports, forceNew: true, reconnection: false, ...(msgpack && { parser }) };
const sender = io(url, options);
const receiver = io(url, options);
let deliver;
receiver.on("message", (argument) => deliver(argument));
await Promise.all([sender, receiver].map((socket) => new Promise((resolve, reject) => {
  socket.once("connect", resolve);
  socket.once("connect_error", reject);
})));

const results = [];
for (const [name, value] of Object.entries(VALUES)) {
  if (msgpack && Array.isArray(value) && value.some((v) => typeof v === "function")) continue; // its encoder throws
  const arrival = new Promise((resolve) => (deliver = resolve));
  sender.emit("event:message", { message: value });
  let timer;
  const expired = new Promise((resolve) => (timer = setTimeout(resolve, WAIT_MS, "nothing")));
  const got = await Promise.race([arrival, expired]);
  clearTimeout(timer);
  results.push({ name, got, want: JSON.stringify({ message: msgpack ? unpacked(value) : received(value) }) });
}
for (const socket of [sender, receiver]) socket.disconnect();
console.log(JSON.stringify(results));
