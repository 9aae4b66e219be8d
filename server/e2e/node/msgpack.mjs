// Clients with socket.io-msgpack-parser against the server of TestMsgpack. Takes
// one JSON argument {url, transports} and prints one JSON line, a list of
// {name, got, want}: what came, and what had to, as util.inspect shows them.
import { inspect } from "node:util";
import { io } from "socket.io-client";
import parser from "socket.io-msgpack-parser";

const WAIT_MS = 10_000;
const { url, transports } = JSON.parse(process.argv[2]);
const results = [];
const show = (value) => inspect(value, { depth: 20, sorted: true, maxArrayLength: 5, maxStringLength: 100 });
const check = (name, got, want) => results.push({ name, got: show(got), want: show(want) });

const sockets = [];
const open = (namespace, options) => {
  const socket = io(url + namespace, { parser, transports, forceNew: true, reconnection: false, ackTimeout: WAIT_MS, ...options });
  sockets.push(socket);
  return socket;
};
const next = (socket, event) => new Promise((resolve, reject) => {
  const timer = setTimeout(() => reject(new Error(`no ${event} within ${WAIT_MS} ms`)), WAIT_MS);
  socket.once(event, (...args) => {
    clearTimeout(timer);
    resolve(args);
  });
});

// A value, and what it is after the wire where that is something else.
const big = Buffer.alloc(300_000, 7);
const VALUES = {
  "text": ["héllo 😀 \u2028\0"],
  "long text": ["é".repeat(300_000)],
  "words": [[true, false, null]],
  "undefined": [undefined, null],
  "undefined within": [{ a: undefined, b: [undefined] }, { b: [null] }],
  "whole numbers": [[0, -1, 127, 128, 255, 256, 65535, 65536, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53 - 1, -(2 ** 53) + 1].reverse()],
  "large numbers": [[12345678901234567890, 2 ** 63, -(2 ** 62)]],
  "fractions": [[0.1, -1.5, 5e-324, 1.7e-300]],
  "no numbers": [[NaN, Infinity, -Infinity]],
  "dates": [[new Date(0), new Date(1.7e12 + 1), new Date(-1), new Date("+010000-01-01")]],
  "bytes": [Buffer.from([0, 1, 255])],
  "no bytes": [Buffer.alloc(0)],
  "many bytes": [big],
  "nested bytes": [{ a: [{ b: Buffer.from("b") }, Buffer.from("c")], d: Buffer.from("d") }],
  "more attachments than the JSON format allows": [Array.from({ length: 20 }, (_, i) => Buffer.from([i]))],
  "array buffer": [new Uint8Array([7, 8]).buffer, Buffer.from([7, 8])],
  "placeholder by hand": [{ _placeholder: true, num: 0 }],
  "objects": [{ z: 1, a: { "": [], "é": {} }, 2: "two" }],
  "seventeen": [Array.from({ length: 17 }, (_, i) => ({ i }))],
};

const socket = open("/");
await next(socket, "connect");
check("connects", [socket.connected, typeof socket.id], [true, "string"]);
for (const [name, [value, after = value]] of Object.entries(VALUES)) {
  check(`ack: ${name}`, await socket.emitWithAck("echo", value, "second"), after);
  const echoed = next(socket, "echoed");
  socket.emit("echo", value, "second");
  check(`event: ${name}`, await echoed, [after, "second"]);
}

// The server asks; nothing, one and several arguments answer.
for (const [name, answer, want = answer] of [
  ["nothing", []],
  ["one", [{ at: new Date(5), bytes: Buffer.from("x") }]],
  ["several", [1, undefined, "three"], [1, null, "three"]],
]) {
  const asked = next(socket, "question");
  const answered = next(socket, "answered");
  socket.emit("ask");
  const [question, reply] = await asked;
  reply(...answer);
  check(`the server's question, answered with ${name}`, [question, ...(await answered)], ["what?", ...want]);
}

const values = next(socket, "values");
socket.emit("values");
check("Go's values", await values, [new Date(1_700_000_000_123), 9007199254740993n, NaN, { bytes: Buffer.from([1, 2]), none: null }, { Name: "x", at: new Date(1) }]
  .map((v) => (typeof v === "bigint" ? Number(v) : v)));

// A broadcast reaches all, once, packed once for all of them.
const others = [open("/"), open("/"), open("/")];
await Promise.all(others.map((other) => next(other, "connect")));
const news = [socket, ...others].map((each) => next(each, "news"));
socket.emit("everyone", { from: Buffer.from("s"), at: new Date(9) });
for (const [i, arrived] of news.entries()) {
  check(`broadcast to client ${i}`, await arrived, [{ from: Buffer.from("s"), at: new Date(9) }]);
}
check("broadcast with acks", await (async () => {
  for (const each of [socket, ...others]) each.once("poll", (reply) => reply(Buffer.from("y")));
  return socket.emitWithAck("poll");
})(), [1, 2, 3, 4].map(() => Buffer.from("y")));

// Namespaces, auth and its refusal.
const admin = open("/admin", { auth: { token: Buffer.from("secret"), since: new Date(3) } });
const [greeting] = await next(admin, "greeting");
check("namespace with auth", greeting, { token: Buffer.from("secret"), since: new Date(3) });
check("ack in the namespace", await admin.emitWithAck("echo", 1), 1);
for (const [name, auth] of [["other auth", { token: "no" }], ["no auth", undefined]]) {
  const refused = open("/admin", { auth });
  const [err] = await next(refused, "connect_error");
  check(`connect_error: ${name}`, [err.message, err.data], ["not welcome", { code: 7, key: Buffer.from("k") }]);
}
const [unknown] = await next(open("/nowhere"), "connect_error");
check("connect_error: unknown namespace", unknown.message, "Invalid namespace");

// Both sides disconnect.
const left = next(socket, "left");
others[0].disconnect();
check("the client disconnects", await left, ["client namespace disconnect"]);
const thrown = next(others[1], "disconnect");
others[1].emit("leave");
check("the server disconnects", (await thrown)[0], "io server disconnect");

for (const each of sockets) each.disconnect();
console.log(JSON.stringify(results));
