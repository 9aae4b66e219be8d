// People in a room who lose nothing: each says its messages one after the other, again
// until they are acknowledged, on the next server when its own is gone, and joins
// after the last message it has. Argument: {urls, people, each, pause}. Prints
// {acked: {text: id}, shown: [[id, text], …] of each person, moves}.
import { io } from "socket.io-client";

const { urls, people, each, pause } = JSON.parse(process.argv[2]);
const ROOM = "lobby";
const ACK_MS = 1500;
const acked = {};
let moves = 0;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const order = (a, b) => {
  const [am, as] = a.split("-").map(Number);
  const [bm, bs] = b.split("-").map(Number);
  return am - bm || as - bs;
};

class Someone {
  shown = new Map(); // by id
  complete = undefined; // the last id with no gap before it
  live = false;

  constructor(number) {
    this.name = `p${number}`;
    this.at = number;
    this.connect();
  }

  connect() {
    const url = urls[this.at % urls.length];
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
    socket.on("chat:message", (message) => this.show(message));
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
      const after = this.complete ?? this.first;
      const answer = await this.socket.timeout(ACK_MS * 4).emitWithAck(event, { room: ROOM, ...(after && { after }) });
      if (!answer.ok) throw new Error(answer.error.code);
      if (answer.gap && after) throw new Error("a gap");
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
    while (!this.live) await sleep(10);
    for (let i = 0; i < each; i++) {
      await this.say(`${this.name}:${i}`);
      await sleep(pause);
    }
  }
}

const all = Array.from({ length: people }, (_, number) => new Someone(number));
await Promise.all(all.map((someone) => someone.run()));
for (const someone of all) while (someone.shown.size < people * each) await sleep(10);
await sleep(300); // what is doubled would come
for (const someone of all) {
  someone.over = true;
  someone.socket.disconnect();
}
const shown = all.map((someone) => [...someone.shown].sort(([a], [b]) => order(a, b)));
console.log(JSON.stringify({ acked, shown, moves }));
