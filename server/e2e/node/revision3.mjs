// Drives a server with socket.io-client 2, which speaks Engine.IO revision 3.
// Takes one JSON argument {url, transports} and prints one JSON line: what each
// step saw. The server is the one of revision3_test.go, whose events it uses.
import io from "socket.io-client-v2";

const WAIT_MS = 15_000;
const { url, transports } = JSON.parse(process.argv[2]);

// within rejects where a promise takes too long.
function within(what, promise) {
  let timer;
  const expired = new Promise((_, reject) => (timer = setTimeout(reject, WAIT_MS, new Error(`waited in vain for ${what}`))));
  return Promise.race([promise, expired]).finally(() => clearTimeout(timer));
}
const once = (socket, event) => within(event, new Promise((resolve) => socket.once(event, (...args) => resolve(args))));
const call = (socket, event, ...args) =>
  within(`the ack of ${event}`, new Promise((resolve) => socket.emit(event, ...args, (...answer) => resolve(answer))));
const hex = (data) => Buffer.from(data).toString("hex");

async function connect(path = "", options = {}) {
  const socket = io(url + path, {
    transports, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 100, ...options,
  });
  socket.unexpected = [];
  socket.on("error", (error) => socket.unexpected.push(error));
  socket.on("connect_error", (error) => socket.unexpected.push(error.message));
  await once(socket, "connect");
  return socket;
}

const seen = {};
const first = await connect();
const second = await connect();
seen.sameId = (await call(first, "id"))[0] === first.id;
seen.ack = await call(first, "echo", "text é😀", { nested: [1, null, true] }, 2.5);

// Binary, both ways, within objects and in an ack.
const binary = await call(first, "echo", Buffer.from([0, 1, 255]), { deep: [Buffer.from("é")] });
seen.binary = [hex(binary[0]), hex(binary[1].deep[0])];
seen.large = (await call(first, "echo", "x".repeat(200_000)))[0].length;

// Order: many events at once come back one after another.
const order = [];
const counted = within("all of them", new Promise((resolve) => {
  first.on("counted", (n) => order.push(n) === 500 && resolve());
}));
for (let n = 0; n < 500; n++) first.emit("count", n);
await counted;
seen.inOrder = order.every((n, i) => n === i);

// An ack that the server asks for.
first.on("question", (text, answer) => answer(`${text} answered`, Buffer.from([7])));
const asked = await call(first, "ask");
seen.asked = [asked[0], hex(asked[1])];

// Broadcasts: to all, and to a room.
const arrivals = [once(first, "broadcast"), once(second, "broadcast")];
first.emit("broadcast", "to all", Buffer.from([4, 2]));
seen.broadcast = (await Promise.all(arrivals)).map(([text, data]) => `${text} ${hex(data)}`);
await call(second, "join", "room");
let strays = 0;
first.on("in room", () => strays++);
const inRoom = once(second, "in room");
first.emit("to room", "room", "hello");
seen.room = await inRoom;
await call(first, "echo", "after the room");
seen.strays = strays;

// Namespaces, with a query; and one that refuses.
const other = await connect("/other?token=a%20b");
seen.namespace = [...(await call(other, "query")), other.id.startsWith("/other#")];
const refused = io(`${url}/refused`, { transports, forceNew: true, reconnection: false });
seen.refused = await once(refused, "error");
refused.close();
other.close();

// The transport by now, and its heartbeat: pings are answered in time.
seen.transport = first.io.engine.transport.name;
await once(first, "pong");
seen.pinged = true;

// The server disconnects a client, which stays away; a client reconnects when
// its connection was closed.
const kicked = once(second, "disconnect");
second.emit("kick");
seen.kicked = await kicked;
const gone = once(first, "disconnect");
const back = once(first, "reconnect");
first.emit("close");
seen.closed = await gone;
await back;
seen.again = await call(first, "echo", "again");
seen.unexpected = [...first.unexpected, ...second.unexpected, ...other.unexpected];
console.log(JSON.stringify(seen));
first.close();
second.close();
