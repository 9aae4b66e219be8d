import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type ChatClient, HELLO_WAIT } from "./client";
import { newRoom } from "./room";
import { rowsOf } from "./rows";
import { ANSWER_WAIT } from "./socket";
import { roomOf, troubleOf } from "./state";
import { FRAME } from "./store";
import { greet, hello, other, room, setup, statuses, texts, you } from "./testing/setup";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("with a server of the old kind", () => {
  const plain = (client: ChatClient) =>
    roomOf(client.getSnapshot(), "lobby")?.plain.map(({ text, from }) => [text, from?.name]);

  test("messages are plain, and one's own are known by their text", async () => {
    const { socket, client } = await setup();
    client.send("hi");
    socket.receive("connect");
    await vi.advanceTimersByTimeAsync(HELLO_WAIT);
    expect(client.getSnapshot().mode).toBe("plain");
    expect(socket.sent("event:message")).toEqual([{ message: "hi" }]);
    socket.receive("message", '{"message":"other"}');
    socket.receive("message", '{"message":"hi"}');
    socket.receive("message", "garbage");
    expect(plain(client)).toEqual([
      ["other", undefined],
      ["hi", "You"],
    ]);
    expect(statuses(client)).toEqual([]);
  });

  test("a room that such a server lacks says so, and the lobby is as ever", async () => {
    const { socket, client } = await setup();
    client.openRoom("tea");
    socket.receive("connect");
    expect(troubleOf(client.getSnapshot())).toBe("");
    await vi.advanceTimersByTimeAsync(HELLO_WAIT);
    expect(troubleOf(client.getSnapshot())).toMatch(/lobby alone\. #tea comes back/);
    client.openRoom("lobby");
    expect(troubleOf(client.getSnapshot())).toBe("");
  });

  test("a message before the hello says so at once", async () => {
    const { socket, client } = await setup();
    socket.receive("connect");
    socket.receive("message", '{"message":"early"}');
    expect(client.getSnapshot().mode).toBe("plain");
    expect(plain(client)).toEqual([["early", undefined]]);
  });

  test("what neither comes back nor is acknowledged is the reader's to decide", async () => {
    const { socket, client } = await setup();
    socket.receive("connect");
    socket.receive("message", '{"message":"early"}');
    client.send("hi");
    await vi.advanceTimersByTimeAsync(ANSWER_WAIT);
    expect(statuses(client)).toEqual(["uncertain"]);
    socket.receive("message", '{"message":"hi"}');
    expect(statuses(client)).toEqual([]);
  });

  test("what had no answer is not sent twice", async () => {
    const { socket, client } = await setup();
    socket.receive("connect");
    socket.receive("message", '{"message":"early"}');
    client.send("hi");
    socket.receive("disconnect", "transport close");
    socket.receive("connect");
    await vi.advanceTimersByTimeAsync(HELLO_WAIT);
    expect(statuses(client)).toEqual(["uncertain"]);
    expect(socket.sent("event:message")).toHaveLength(1);
  });

  test("what a server of version 1 may have taken waits for one, or for the reader", async () => {
    const { socket, client } = await setup();
    await greet(socket);
    client.send("hi");
    socket.receive("disconnect", "transport close");
    await socket.fail("chat:send");
    socket.receive("connect");
    await vi.advanceTimersByTimeAsync(HELLO_WAIT);
    expect(statuses(client)).toEqual(["uncertain"]);
    expect(socket.sent("event:message")).toEqual([]);
    socket.receive("disconnect", "transport close");
    await greet(socket);
    expect(socket.sent("chat:send")).toHaveLength(2);
  });

  test("that turns out to be of version 1 after all has what was sent to it, once", async () => {
    const { socket, client } = await setup();
    client.send("acknowledged");
    client.send("in the history");
    client.send("live, then acknowledged");
    client.send("refused");
    client.send("lost");
    socket.receive("connect");
    await vi.advanceTimersByTimeAsync(HELLO_WAIT);
    await socket.answer("event:message", { ok: true });
    socket.receive("hello", { ...hello, time: Date.now() });
    const stored = (id: number, text: string) => ({ ...other(id, text), from: null });
    const messages = [stored(Date.now(), "acknowledged"), stored(Date.now() + 1, "in the history")];
    await socket.answer("chat:join", { ok: true, ...room, messages });
    const live = stored(Date.now() + 2, "live, then acknowledged");
    socket.receive("chat:message", live);
    socket.receive("chat:message", live);
    await vi.advanceTimersByTimeAsync(FRAME);
    for (let ack = 0; ack < 2; ack++) await socket.answer("event:message", { ok: true });
    const error = { code: "too_large", message: "Too long." };
    await socket.answer("event:message", { ok: false, error });
    await vi.advanceTimersByTimeAsync(ANSWER_WAIT);

    expect(texts(client)).toEqual(["acknowledged", "in the history", "live, then acknowledged"]);
    expect(plain(client)).toEqual([]);
    expect(statuses(client)).toEqual(["failed", "uncertain"]);
    expect(socket.sent("event:message")).toHaveLength(5);
    expect(socket.sent("chat:send")).toEqual([]);
    const rows = rowsOf(roomOf(client.getSnapshot(), "lobby") ?? newRoom("lobby"), [], you);
    expect(rows.map(({ key, delivery, person }) => [key, delivery, person?.name])).toEqual([
      ["key-1", "sent", "Me"],
      ["key-2", "sent", "Me"],
      ["key-3", "sent", "Me"],
    ]);
  });

  test("that is of version 1 and acknowledges after its hello is believed at once", async () => {
    const { socket, client } = await setup();
    client.send("hi");
    socket.receive("connect");
    await vi.advanceTimersByTimeAsync(HELLO_WAIT);
    socket.receive("hello", { ...hello, time: Date.now() });
    await socket.answer("chat:join", { ok: true, ...room });
    expect(statuses(client)).toEqual(["sending"]);
    await socket.answer("event:message", { ok: true });
    expect(statuses(client)).toEqual([]);
    expect(plain(client)).toEqual([["hi", "You"]]);
    socket.receive("chat:message", { ...other(Date.now(), "hi"), from: null });
    await vi.advanceTimersByTimeAsync(FRAME);
    expect(plain(client)).toEqual([]);
    expect(texts(client)).toEqual(["hi"]);
  });

  test("its messages make way for those with ids when the next node knows them", async () => {
    const { socket, client } = await setup();
    socket.receive("connect");
    socket.receive("message", '{"message":"early"}');
    socket.receive("disconnect", "transport close");
    await greet(socket, { ...room, messages: [{ ...other(1, "early"), from: null }] });
    expect(plain(client)).toEqual([]);
    expect(texts(client)).toEqual(["early"]);
  });
});
