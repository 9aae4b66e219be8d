import { io } from "socket.io-client";
import { expect } from "./test";

/** Says count messages in a room, numbered from 0, in order. */
export async function fill(url: string, room: string, count: number): Promise<void> {
  const socket = io(url, {
    transports: ["websocket"],
    auth: { chat: 1, key: `writer-${room}`.padEnd(20, "-").slice(0, 60), name: "Writer" },
  });
  try {
    await new Promise((resolve) => socket.once("hello", resolve));
    const ask = (event: string, argument: object) =>
      socket.timeout(20_000).emitWithAck(event, argument) as Promise<{ ok: boolean }>;
    expect(await ask("chat:join", { room, last: 1 })).toMatchObject({ ok: true });
    for (let first = 0; first < count; first += 200) {
      const answers = Array.from({ length: Math.min(200, count - first) }, (_, at) =>
        ask("chat:send", { room, key: `${first + at}`, text: `message ${first + at}` }),
      );
      for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ ok: true });
    }
  } finally {
    socket.disconnect();
  }
}
