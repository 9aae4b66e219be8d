// Writes tables.json: what the reference decoder makes of messages, and what the
// reference encoder writes for packets. The package it asks, socket.io-parser,
// is that of server/e2e/node, after npm ci there.
//
//   node testdata/generate.mjs > testdata/tables.json
import { createRequire } from "node:module";
import { decode } from "./reference.mjs";

const require = createRequire(new URL("../../e2e/node/package.json", import.meta.url));
const { Encoder } = require("socket.io-parser");

const texts = [
  // The examples of the protocol's own document.
  '0{"token":"123"}', "0", '0{"sid":"oSO0OpakMV_3jnilAAAA"}', '4{"message":"Not authorized"}', '0/admin,{"sid":"oSO0OpakMV_3jnilAAAA"}', "0/admin,", '4/admin,{"message":"Not authorized"}',
  '2["foo"]', '2/admin,["bar"]', '212["foo"]', '3/admin,13["bar"]', "1", "1/admin,", '2["hello"]', '2/admin,456["project:delete",123]', "3/admin,456[]",
  // The smallest and the odd, all allowed.
  "0/admin", "0/admin?a=b,", "0/,", "0/a/b,{}", "0{}", "4", '4"no"', '4{"a":[1]}', "30[]", "3[]", '2[1]', '2[-1.5,"x"]', '2["",null]', '20["x"]', '2007["x"]', '29007199254740991["x"]',
  '2["a",1,1.5,-0.25,1e3,true,false,null,"s",[],{},[1,[2]],{"a":{"b":[null]}}]', '2["\\u0041\\ud83d\\ude00",""]', '2["x","\\ud83d"]', '2["toString"]', '2["error"]', '2["ping",{"_placeholder":true,"num":0}]',
  '2["a" , 1 ]', '2["x",{"__proto__":1}]', '2["x",{"a":1,"a":2}]', '2["é中😀\u2028"]', '12', '0/a,12{}', '2/a/b,["x"]',
  // Refused.
  "", "7", "9[]", "a", '-1', '{"a":1}', "2{}", "2null", '2"x"', "25x", "2[]", "2[null]", "2[true]", "2[[]]", "2[{}]", '2["connect"]', '2["connect_error"]', '2["disconnect"]', '2["disconnecting"]', '2["newListener"]',
  '2["removeListener","x"]', '2["\\u0063onnect"]', '2["a"', '2["a"]]', '2["a"] x', '2["a",]', "2['a']", '2["a\n"]', '2["a",NaN]', '2["a",01]', "2/a", "2/a,{}", '2/a["x"]',
  "0[]", '0"x"', "0null", "0true", "0{", "0/a,[]", "1{}", "1[]", "1null", '1"x"', "1false", "3{}", "3null", '3"x"', "31{}", "4[]", "4null", "4true", "41",
  "5", "5-", '5-["a"]', '5["a"]', '50-["a"]', '5-1-["a"]', '5x-["a"]', '51["a"]', '511-["a"]', '5100-["a"]', "6", "6-[]", "60-[]", "611-[]", '51-', '51-{}', '51-[]', '51-[{}]', '51-["connect"]',
];
const bin = (hex) => ({ hex });
const sequences = [
  ['51-["a",{"_placeholder":true,"num":0}]', bin("010203")],
  ['51-/admin,456["project:delete",{"_placeholder":true,"num":0}]', bin("0102")],
  ['61-/admin,456[{"_placeholder":true,"num":0}]', bin("")],
  ['52-["a",{"_placeholder":true,"num":1},{"b":[{"_placeholder":true,"num":0}]}]', bin("00"), bin("ff")],
  ['510-["a",{"_placeholder":true,"num":9}]', ...Array.from({ length: 10 }, (_, i) => bin(`0${i}`))],
  ['51-["a"]', bin("00")],
  ['51-["a",{"_placeholder":false,"num":0},{"_placeholder":1,"num":0},{"num":0}]', bin("00")],
  ['51-["a",{"num":0,"x":1,"_placeholder":true}]', bin("00")],
  ['51-["a",{"_placeholder":false,"_placeholder":true,"num":7,"num":0}]', bin("00")],
  ['51-["a",{"_placeholder":true,"num":0}]', bin("00"), '2["b"]', '51-["c",{"_placeholder":true,"num":0}]', bin("01")],
  ['2["a"]', '2["b"]', "1"],
  // Refused.
  [bin("00")],
  ['2["a"]', bin("00")],
  ['51-["a"]', '2["b"]'],
  ['51-["a"]', bin("00"), bin("01")],
  ['51-["a",{"_placeholder":true,"num":1}]', bin("00")],
  ['51-["a",{"_placeholder":true,"num":-1}]', bin("00")],
  ['51-["a",{"_placeholder":true,"num":"0"}]', bin("00")],
  ['51-["a",{"_placeholder":true}]', bin("00")],
  ['61-[{"_placeholder":true,"num":1}]', bin("00")],
];

// Keys are in ascending order: a Go map has no other.
const data = [
  ["x"], ["message", '{"message":"x"}'], ["a", "\"\\\b\t\n\f\r\u0000\u001f\u007f\u2028<>&/é中😀"], ["n", 0, -0, 1, -1.5, 1e21, 1e-7, 0.1, 12345678901234567890, 123456789.125], ["l", true, false, null, [], {}, [[1]]],
  ["o", { a: 1, b: { c: [null, "x"] } }], ["nan", Number.NaN, Number.POSITIVE_INFINITY],
  ["b", Buffer.from([1, 2, 3])], ["b", { a: { b: [Buffer.from([1]), "x", Buffer.from([2])] } }, Buffer.alloc(0)],
];
const packets = [
  ...data.flatMap((d) => [{ type: 2, nsp: "/", data: d }, { type: 2, nsp: "/chat", id: 17, data: d }, { type: 3, nsp: "/", id: 0, data: d.slice(1) }]),
  { type: 0, nsp: "/", data: { sid: "abc" } }, { type: 0, nsp: "/chat" }, { type: 1, nsp: "/" }, { type: 1, nsp: "/chat" },
  { type: 4, nsp: "/", data: { message: "Invalid namespace" } }, { type: 4, nsp: "/x", data: { data: { bytes: Buffer.from([255]), code: 1 }, message: "no" } },
];

const rows = {
  decode: [...texts.map((t) => [t]), ...sequences].map((messages) => {
    const list = messages.map((m) => (typeof m === "string" ? { text: m } : m));
    return { messages: list, ...decode(list) };
  }),
  encode: packets.map((packet) => {
    const [text, ...attachments] = new Encoder().encode(packet);
    return { packet, text, attachments: attachments.map((b) => b.toString("hex")) };
  }),
};
const lines = (list) => `[\n${list.map((row) => JSON.stringify(row)).join(",\n")}\n]`;
process.stdout.write(`{\n"decode": ${lines(rows.decode)},\n"encode": ${lines(rows.encode)}\n}\n`);
