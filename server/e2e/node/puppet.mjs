// A set of socket.io clients that a test moves by hand. Each line of standard
// input is a command {id, op, …}, each line of standard output its answer
// {id, value} or {id, error}. It ends when its input does.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";
import parser from "socket.io-msgpack-parser";
import { run } from "./cases/index.mjs";

const WAIT_MS = 20_000;
const clients = new Map();

class Client {
  // msgpack has the client speak socket.io-msgpack-parser's format.
  constructor(url, given) {
    const { msgpack, ...options } = given ?? {};
    this.events = []; // {event, args}, in order of arrival
    this.packets = []; // Engine.IO packets of type message, as "> text" and "< text"
    this.disconnects = []; // reasons
    this.connects = 0;
    this.waiters = new Set();
    if (msgpack) options.parser = parser;
    this.socket = io(url, { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200, ...options });
    this.socket.onAny((event, ...args) => this.note(() => this.events.push({ event, args })));
    this.socket.on("connect", () => this.note(() => this.connects++));
    this.socket.on("disconnect", (reason) => this.note(() => this.disconnects.push(reason)));
    this.socket.on("connect_error", (err) =>
      this.note(() => {
        this.connectError = err.message;
        this.connectErrorData = err.data;
      }),
    );
    this.socket.io.on("open", () => this.record(this.socket.io.engine));
    if (this.socket.io.engine) this.record(this.socket.io.engine);
  }

  record(engine) {
    if (this.recorded === engine) return;
    this.recorded = engine;
    const line = (direction) => (packet) => {
      if (packet.type === "message") this.packets.push(`${direction} ${packet.data}`);
    };
    engine.on("packet", line("<"));
    engine.on("packetCreate", line(">"));
  }

  note(change) {
    change();
    for (const waiter of this.waiters) waiter();
  }

  until(what, condition, timeout = WAIT_MS) {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (!condition()) return;
        clearTimeout(timer);
        this.waiters.delete(check);
        resolve();
      };
      const timer = setTimeout(() => {
        this.waiters.delete(check);
        reject(new Error(`no ${what} within ${timeout} ms; ${JSON.stringify(this.state())}`));
      }, timeout).unref();
      this.waiters.add(check);
      check();
    });
  }

  received(event) {
    return this.events.filter((each) => each.event === event).map(({ args }) => args);
  }

  state() {
    const { connected, id, io: manager } = this.socket;
    const transport = manager.engine?.transport?.name;
    const { connects, disconnects, connectError, connectErrorData } = this;
    return { connected, id, transport, connects, disconnects, connectError, connectErrorData, events: this.events.length };
  }
}

const operations = {
  async open({ client, url, options, wait = true, upgraded = false }) {
    const opened = new Client(url, options);
    clients.set(client, opened);
    if (wait) await opened.until("connect", () => opened.connects > 0);
    if (upgraded) {
      await new Promise((resolve) => {
        const { engine } = opened.socket.io;
        if (engine.transport.name === "websocket") resolve();
        else engine.once("upgrade", resolve);
      });
    }
    return opened.state();
  },
  emit({ client, event, args = [] }) {
    clients.get(client).socket.emit(event, ...args);
  },
  // ask emits with an acknowledgement and answers its arguments.
  ask({ client, event, args = [], timeout = WAIT_MS }) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ack within ${timeout} ms`)), timeout).unref();
      clients.get(client).socket.emit(event, ...args, (...answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
    });
  },
  // wait answers the arguments of all events of a name once there are count of them.
  async wait({ client, event, count = 1, timeout }) {
    const waiting = clients.get(client);
    await waiting.until(`${count} × ${event}`, () => waiting.received(event).length >= count, timeout);
    return waiting.received(event);
  },
  async reconnected({ client, connects, timeout }) {
    const waiting = clients.get(client);
    await waiting.until(`connect ${connects}`, () => waiting.connects >= connects && waiting.socket.connected, timeout);
    return waiting.state();
  },
  async disconnected({ client, timeout }) {
    const waiting = clients.get(client);
    await waiting.until("disconnect", () => waiting.disconnects.length > 0, timeout);
    return waiting.state();
  },
  // run runs a case; the client is its name.
  run: ({ client, ...where }) => run(client, where),
  received: ({ client, event }) => clients.get(client).received(event),
  events: ({ client }) => clients.get(client).events,
  packets: ({ client }) => clients.get(client).packets,
  state: ({ client }) => clients.get(client).state(),
  close({ client }) {
    clients.get(client).socket.disconnect();
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, op, ...command } = JSON.parse(line);
  const answer = (fields) => process.stdout.write(`${JSON.stringify({ id, ...fields })}\n`);
  Promise.resolve()
    .then(() => operations[op](command))
    .then((value) => answer({ value: value ?? null }))
    .catch((err) => answer({ error: err.message }));
}
// Not process.exit: a client over polling says goodbye by a request.
for (const { socket } of clients.values()) socket.disconnect();
