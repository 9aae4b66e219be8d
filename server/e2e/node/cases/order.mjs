import { ask, within } from "./kit.mjs";

const TOTAL = 100_000;

// Sends events as fast as the server takes them, some with an acknowledgement,
// from before the connection is there: with both transports, across the upgrade.
// Resolves to what the server makes of them.
export async function order({ begin }) {
  const socket = begin({ tryAllTransports: false });
  socket.on("question", (n, answer) => answer(n));
  const acks = [];
  for (let n = 0; n < TOTAL; n++) {
    if (n % 1000 === 999) {
      const acked = within(new Promise((resolve) => socket.emit("n", n, resolve)), `ack of ${n}`, 120_000);
      acks.push(acked);
      if (n % 10_000 === 9_999) await acked; // so that the upgrade and polls come in between
    } else {
      socket.emit("n", n);
    }
  }
  const answers = await Promise.all(acks);
  const [result] = await ask(socket, "result");
  const transport = socket.io.engine.transport.name;
  return { ...result, total: TOTAL, transport, acks: answers.every((n, i) => n === i * 1000 + 999) };
}
