// People in a room who lose nothing: each says its messages one after the other, again
// until they are acknowledged, on the next server when its own is gone, and joins
// after the last message it has. Argument: {urls, people, pause}, and either each, how
// many messages a person says, or seconds, for how long. With old, there are so many
// clients of the old kind as well, which say each message once, whatever becomes of it.
// Prints {acked: {text: id}, shown: [[id, text], …] of each person and of one who comes
// in the end, moves, inversions: messages that came before one that precedes them,
// settled: when all that was said was stored, ms since 1970, count: of who is there in
// the end}.
import { io } from "socket.io-client";

const { urls, people, each, seconds, pause, old = 0 } = JSON.parse(process.argv[2]);
const ROOM = "lobby";
const BEGINNING = "0-0";
const ACK_MS = 1500;
const SETTLE_MS = 40_000;
const acked = {};
const ending = seconds && Date.now() + seconds * 1000;
let moves = 0;
let inversions = 0;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const saysOn = (said) => (ending ? Date.now() < ending : said < each);
const order = (a, b) => {
  const [am, as] = a.split("-").map(Number);
  const [bm, bs] = b.split("-").map(Number);
  return am - bm || as - bs;
};

class Someone {
  shown = new Map(); // by id
  live = false;

  // complete is the last id with no gap before it.
  constructor(number, complete) {
    this.complete = complete;
    this.name = `p${number}`;
    this.at = number;
    this.connect();
  }

  connect() {
    const url = urls[this.at % urls.length];
    let last = BEGINNING;
    const auth = { chat: 1, key: `chat-mjs-secret-${this.name}`, name: this.name };
    const socket = io(url, { auth, forceNew: true, reconnection: false, transports: ["websocket"], timeout: 2000 });
    this.socket = socket;
    const move = async () => {
      if (this.socket !== socket) return;
      this.live = false;
      socket.removeAllListeners();
      socket.disconnect();
      if (this.over) return;
      moves++;
      this.at++;
      await sleep(100);
      this.connect();
    };
    socket.on("disconnect", move);
    socket.on("connect_error", move);
    socket.on("chat:message", (message) => {
      if (order(message.id, last) <= 0) inversions++;
      last = message.id;
      this.show(message);
    });
    socket.on("chat:resync", () => this.catchUp("chat:history").catch(move));
    socket.on("connect", () => this.catchUp("chat:join").catch(move));
  }

  show(message) {
    if (this.shown.has(message.id) && this.shown.get(message.id) !== message.text) throw new Error("one id, two texts");
    this.shown.set(message.id, message.text);
    if (this.live && (this.complete === undefined || order(message.id, this.complete) > 0)) this.complete = message.id;
  }

  async catchUp(event) {
    this.live = false;
    for (let more = true; more; event = "chat:history") {
      const after = this.complete;
      const answer = await this.socket.timeout(ACK_MS * 4).emitWithAck(event, { room: ROOM, ...(after && { after }) });
      if (!answer.ok) throw new Error(answer.error.code);
      if (answer.gap && after && after !== BEGINNING) throw new Error("a gap");
      for (const message of answer.messages) this.show(message);
      if (answer.messages.length > 0) this.complete = answer.messages.at(-1).id;
      more = Boolean(after) && answer.more;
    }
    this.live = true;
  }

  async say(text) {
    const key = text.replace(":", "-");
    for (;;) {
      try {
        if (!this.live) throw new Error("not in the room");
        const answer = await this.socket.timeout(ACK_MS).emitWithAck("chat:send", { room: ROOM, key, text });
        if (answer.ok) {
          acked[text] = answer.id;
          if (Object.keys(acked).length === people) process.stderr.write("under way\n");
          return;
        }
        if (answer.error.code === "invalid_message") process.exit(1);
      } catch {
        // again
      }
      await sleep(50);
    }
  }

  async run() {
    await this.untilLive();
    for (let i = 0; saysOn(i); i++) {
      await this.say(`${this.name}:${i}`);
      await sleep(pause);
    }
  }

  async untilLive() {
    while (!this.live) await sleep(10);
  }

  // peopleHere asks how many there are.
  async peopleHere() {
    try {
      return (await this.socket.timeout(ACK_MS).emitWithAck("chat:join", { room: ROOM, last: 1 })).count;
    } catch {
      return undefined;
    }
  }
}

async function sayOld(number) {
  const sockets = urls.map((url) => io(url, { forceNew: true, reconnectionDelayMax: 200, transports: ["websocket"] }));
  for (let i = 0; saysOn(i); i++) {
    sockets.find((socket) => socket.connected)?.emit("event:message", { message: `old${number}:${i}` });
    sockets.push(sockets.shift());
    await sleep(pause);
  }
  for (const socket of sockets) socket.disconnect();
}

// until waits for a condition, for a bounded time: what is missing then is told. It
// returns when it ended.
async function until(condition) {
  for (const end = Date.now() + SETTLE_MS; !(await condition()) && Date.now() < end; ) await sleep(50);
  return Date.now();
}

const all = Array.from({ length: people }, (_, number) => new Someone(number));
await Promise.all([...all.map((someone) => someone.run()), ...Array.from({ length: old }, (_, number) => sayOld(number))]);
const late = new Someone(people, BEGINNING);
all.push(late);
const said = () => Math.max(Object.keys(acked).length, ...all.map(({ shown }) => shown.size));
// What clients of the old kind said is stored, and shown, by whoever comes to keep it.
const foreign = async (url) => {
  try {
    return (await (await fetch(`${url}/readyz`)).json()).chat.foreign;
  } catch {
    return 0; // the node has ended
  }
};
const settled = await until(async () => (await Promise.all(urls.map(foreign))).every((waiting) => waiting === 0));
await until(() => all.every(({ shown, live }) => live && shown.size === said()));
await sleep(300); // what is doubled would come
let count;
await until(async () => (count = await late.peopleHere()) === all.length);
for (const someone of all) {
  someone.over = true;
  someone.socket.disconnect();
}
const shown = all.map((someone) => [...someone.shown].sort(([a], [b]) => order(a, b)));
console.log(JSON.stringify({ acked, shown, moves, inversions, settled, count }));
