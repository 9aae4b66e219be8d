import { io } from "socket.io-client";

/** Says messages in a room, in order, those whose numbers are from first to before end. */
export async function fill(url: string, room: string, end: number, first = 0): Promise<void> {
  const socket = io(url, {
    transports: ["websocket"],
    auth: { chat: 1, key: `writer-${room}`.padEnd(20, "-").slice(0, 60), name: "Writer" },
  });
  const ask = async (event: string, argument: object) => {
    const answer = (await socket.timeout(20_000).emitWithAck(event, argument)) as { ok: boolean };
    // No assertion of Playwright's: it records each, and thousands take minutes.
    if (!answer.ok) throw new Error(`${event} was refused: ${JSON.stringify(answer)}`);
  };
  try {
    await new Promise((resolve) => socket.once("hello", resolve));
    await ask("chat:join", { room, last: 1 });
    for (let next = first; next < end; next += 200) {
      await Promise.all(
        Array.from({ length: Math.min(200, end - next) }, (_, at) =>
          ask("chat:send", { room, key: `${next + at}`, text: `message ${next + at}` }),
        ),
      );
    }
  } finally {
    socket.disconnect();
  }
}
