import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SERVER_END_DELAY } from "./client";
import type { Message } from "./protocol";
import { troubleOf } from "./state";
import { memoryStore } from "./storage";
import { FRAME } from "./store";
import { greet, hello, other, room, setup, statuses, texts, you } from "./testing/setup";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the connection", () => {
  test("shows its transport, and the one it upgrades to", async () => {
    const { socket, client } = await setup();
    socket.receive("connect");
    expect(client.getSnapshot().connection).toEqual({ phase: "connected", transport: "polling" });
    socket.upgrade();
    expect(client.getSnapshot().connection).toEqual({ phase: "connected", transport: "websocket" });
    socket.receive("disconnect", "transport close");
    socket.upgrade();
    expect(client.getSnapshot().connection.phase).toBe("reconnecting");
  });

  test.each([
    ["before the first one", [], true, "connecting"],
    ["after a loss", ["connect", "disconnect"], true, "reconnecting"],
    ["that the server refuses", [], false, "refused"],
  ] as const)("says why an attempt failed %s", async (_, events, active, phase) => {
    const { socket, client } = await setup();
    for (const event of events) socket.receive(event, "ping timeout");
    socket.active = active;
    socket.receive("connect_error", new Error("no answer"));
    expect(client.getSnapshot().connection).toEqual({ phase, reason: "no answer" });
  });

  test("that the server ended is sought again after a while", async () => {
    const { socket } = await setup();
    socket.receive("connect");
    socket.active = false;
    socket.receive("disconnect", "io server disconnect");
    expect(socket.connects).toBe(0);
    vi.advanceTimersByTime(SERVER_END_DELAY);
    expect(socket.connects).toBe(1);
  });

  test.each([
    ["that went silent is given up", false, "reconnecting", 1],
    ["that still says something is kept", true, "connected", 0],
  ] as const)("to a node without an answer %s", async (_, speaks, phase, connects) => {
    const { socket, client } = await setup();
    await greet(socket);
    client.send("one");
    if (speaks) socket.hear();
    await socket.fail("chat:send");
    expect(client.getSnapshot().connection.phase).toBe(phase);
    expect(socket.connects).toBe(connects);
    expect(statuses(client)).toEqual(["waiting"]);
    expect(socket.hearers).toBe(0);
  });
});

const page = (messages: Message[], more = false) => ({ ok: true, messages, more, gap: false });

describe("with a server of version 1", () => {
  test("a message goes out once the room is joined, one at a time, and is confirmed", async () => {
    const { socket, client } = await setup();
    client.send("one");
    client.send("two");
    socket.receive("connect");
    socket.receive("hello", hello);
    expect(socket.sent("chat:send")).toEqual([]);
    await socket.answer("chat:join", { ok: true, ...room });
    expect(socket.sent("chat:send")).toEqual([{ room: "lobby", key: "key-1", text: "one" }]);
    await socket.answer("chat:send", { ok: true, id: "1-0", time: 1 });
    expect(texts(client)).toEqual(["one"]);
    expect(statuses(client)).toEqual(["sending"]);
    await socket.answer("chat:send", { ok: true, id: "2-0", time: 2 });
    expect(texts(client)).toEqual(["one", "two"]);
    expect(statuses(client)).toEqual([]);
  });

  test("what had no answer goes out again by its key, on the next connection", async () => {
    const { socket, client } = await setup();
    await greet(socket);
    client.send("one");
    socket.receive("disconnect", "transport close");
    await socket.fail("chat:send");
    expect(statuses(client)).toEqual(["waiting"]);
    await greet(socket);
    expect(socket.sent("chat:send").map((it) => (it as { key: string }).key)).toEqual([
      "key-1",
      "key-1",
    ]);
  });

  test("what was sent while the connection died silently goes out once the room is joined", async () => {
    const { socket, client } = await setup();
    await greet(socket);
    socket.isStale = true;
    client.send("one");
    socket.receive("disconnect", "ping timeout");
    expect(statuses(client)).toEqual(["waiting"]);
    socket.receive("connect");
    socket.receive("hello", hello);
    expect(socket.sent("chat:send")).toEqual([]);
    await socket.answer("chat:join", { ok: true, ...room });
    expect(socket.sent("chat:send")).toEqual([{ room: "lobby", key: "key-1", text: "one" }]);
  });

  test("what comes back before its ack is confirmed, and not sent again", async () => {
    const { socket, client } = await setup();
    await greet(socket);
    client.send("one");
    socket.receive("chat:message", { ...other(1, "one"), from: you, key: "key-1" });
    await vi.advanceTimersByTimeAsync(FRAME);
    expect(statuses(client)).toEqual([]);
    await socket.answer("chat:send", { ok: true, id: "1-0", time: 1 });
    expect(texts(client)).toEqual(["one"]);
  });

  test("a passing problem is tried again in order, a final one is shown", async () => {
    const { socket, client } = await setup();
    await greet(socket);
    client.send("one");
    client.send("two");
    await socket.answer("chat:send", { ok: false, error: { code: "busy", message: "Full." } });
    expect(statuses(client)).toEqual(["waiting", "waiting"]);
    await vi.advanceTimersByTimeAsync(1000);
    const error = { code: "too_large", message: "Too long." };
    await socket.answer("chat:send", { ok: false, error });
    expect(statuses(client)).toEqual(["failed", "sending"]);
    expect(client.getSnapshot().outbox[0]?.problem).toEqual(error);
    await socket.answer("chat:send", { ok: true, id: "2-0", time: 2 });
    client.resend("key-1");
    await socket.answer("chat:send", { ok: true, id: "3-0", time: 3 });
    expect(texts(client)).toEqual(["two", "one"]);
  });

  test("a message that is not taken yet says why until it is", async () => {
    const { socket, client } = await setup();
    await greet(socket);
    client.send("one");
    const error = { code: "unavailable", message: "No store." };
    await socket.answer("chat:send", { ok: false, error });
    expect(client.getSnapshot().outbox[0]).toMatchObject({ status: "waiting", problem: error });
    await vi.advanceTimersByTimeAsync(1000);
    expect(client.getSnapshot().outbox[0]).toMatchObject({ status: "sending", problem: error });
    await socket.answer("chat:send", { ok: true, id: "1-0", time: 1 });
    expect(texts(client)).toEqual(["one"]);
  });

  test("a room that does not come says why, is tried again, and then says no more", async () => {
    const { socket, client } = await setup();
    const trouble = () => troubleOf(client.getSnapshot());
    const refusal = { ok: false, error: { code: "unavailable", message: "" } };
    socket.receive("connect");
    socket.receive("hello", hello);
    expect(trouble()).toBe("");
    await socket.answer("chat:join", refusal);
    expect(trouble()).toMatch(/^#lobby is out of reach.*It is tried again\.$/);
    await vi.advanceTimersByTimeAsync(1000);
    await socket.answer("chat:join", { ok: true, ...room, messages: [other(1, "a")] });
    expect(trouble()).toBe("");

    // One that was joined may lack what came meanwhile.
    socket.receive("chat:resync", { room: "lobby" });
    await socket.answer("chat:history", refusal);
    expect(trouble()).toMatch(/^#lobby is out of reach/);
    await vi.advanceTimersByTimeAsync(1000);
    await socket.answer("chat:history", page([other(2, "b")]));
    expect(trouble()).toBe("");

    // What the last connection had against it is no news of the next.
    socket.receive("chat:resync", { room: "lobby" });
    await socket.answer("chat:history", refusal);
    socket.receive("disconnect", "transport close");
    socket.receive("connect");
    expect(trouble()).toBe("");
  });

  test("a room that is refused for good says so until it is joined", async () => {
    const { socket, client } = await setup();
    const trouble = () => troubleOf(client.getSnapshot());
    const error = { code: "invalid_message", message: "the message is malformed: no such room" };
    socket.receive("connect");
    socket.receive("hello", hello);
    await socket.answer("chat:join", { ok: false, error });
    expect(trouble()).toBe("#lobby cannot be joined. No such room.");
    socket.receive("disconnect", "transport close");
    expect(trouble()).toBe("");
    await greet(socket);
    expect(trouble()).toBe("");
  });

  test("what came meanwhile is fetched page by page from the last id without a gap", async () => {
    const { socket, client } = await setup();
    await greet(socket, { ...room, messages: [other(1, "a")] });
    socket.receive("chat:message", other(2, "b"));
    await vi.advanceTimersByTimeAsync(FRAME);
    socket.receive("disconnect", "transport close");
    await greet(socket, { ...room, messages: [other(3, "c")], more: true });
    expect(socket.sent("chat:join").at(-1)).toEqual({ room: "lobby", after: "2-0", last: 100 });
    expect(socket.sent("chat:history")).toEqual([{ room: "lobby", after: "3-0", last: 100 }]);
    await socket.answer("chat:history", {
      ok: true,
      messages: [other(4, "d")],
      more: false,
      gap: false,
    });
    expect(texts(client)).toEqual(["a", "b", "c", "d"]);
    socket.receive("chat:resync", { room: "lobby" });
    expect(socket.sent("chat:history").at(-1)).toEqual({ room: "lobby", after: "4-0", last: 100 });
  });

  test("a page that was asked for before the node lost its place fills no gap", async () => {
    const { socket, client } = await setup();
    await greet(socket, { ...room, messages: [other(1, "a")] });
    socket.receive("chat:resync", { room: "lobby" });
    socket.receive("chat:resync", { room: "lobby" });
    await socket.answer("chat:history", page([]));
    socket.receive("chat:message", other(9, "z"));
    await vi.advanceTimersByTimeAsync(FRAME);
    await socket.answer("chat:history", page([other(2, "b")], true));
    expect(socket.sent("chat:history").at(-1)).toMatchObject({ after: "2-0" });
    await socket.answer("chat:history", page([other(3, "c"), other(9, "z")]));
    expect(texts(client)).toEqual(["a", "b", "c", "z"]);
  });

  test("a node that loses its place before it answers a join is asked again", async () => {
    const { socket } = await setup();
    socket.receive("connect");
    socket.receive("hello", hello);
    socket.receive("chat:resync", { room: "lobby" });
    await socket.answer("chat:join", { ok: true, ...room, messages: [other(1, "a")] });
    expect(socket.sent("chat:history")).toEqual([{ room: "lobby", after: "1-0", last: 100 }]);
  });

  test("a room that was left before the answer to its join is left at the server too", async () => {
    const { socket, client } = await setup();
    await greet(socket);
    client.openRoom("tea");
    client.leaveRoom("tea");
    await socket.answer("chat:join", { ok: true, ...room, room: "tea" });
    expect(socket.sent("chat:leave")).toEqual([{ room: "tea" }]);
  });

  test("what waits for a room is forgotten with the room", async () => {
    const { client } = await setup();
    client.openRoom("tea");
    client.send("unsent");
    client.leaveRoom("tea");
    expect(client.getSnapshot().outbox).toEqual([]);
  });

  test("what is on its way is kept before it leaves", async () => {
    const local = memoryStore();
    const { client, leave } = await setup(local);
    client.send("at once");
    leave();
    expect((await setup(local)).client.getSnapshot().outbox).toMatchObject([{ text: "at once" }]);
  });

  test("typing is told where the room is joined, and its refusal is no news", async () => {
    const { socket, client } = await setup();
    socket.receive("connect");
    socket.receive("hello", hello);
    client.typing(true);
    expect(socket.sent("chat:typing")).toEqual([]);
    await socket.answer("chat:join", { ok: true, ...room });
    client.typing(true);
    expect(socket.sent("chat:typing")).toEqual([{ room: "lobby", typing: true }]);
    const refusal = { code: "rate_limited", message: "Too many." };
    socket.receive("error", { ...refusal, event: "chat:typing" });
    expect(client.getSnapshot().notice).toBe("");
    socket.receive("error", { ...refusal, event: "event:message" });
    expect(client.getSnapshot().notice).toContain("too much in a short time");
    client.tell("");
    expect(client.getSnapshot().notice).toBe("");
  });

  test("what is malformed is left out", async () => {
    const { socket, client } = await setup();
    await greet(socket);
    for (const bad of [undefined, null, 7, {}, { ...other(1, "x"), id: "x" }, { id: "1-0" }]) {
      socket.receive("chat:message", bad);
      socket.receive("chat:presence", bad);
      socket.receive("chat:typing", bad);
      socket.receive("chat:resync", bad);
      socket.receive("hello", bad);
    }
    await vi.advanceTimersByTimeAsync(FRAME);
    expect(texts(client)).toEqual([]);
  });

  test("a burst is one notice a frame", async () => {
    const { socket, client } = await setup();
    await greet(socket);
    await vi.advanceTimersByTimeAsync(FRAME);
    const listener = vi.fn();
    client.subscribe(listener);
    for (let id = 1; id <= 100; id++) socket.receive("chat:message", other(id, `${id}`));
    await vi.advanceTimersByTimeAsync(2 * FRAME);
    expect(listener).toHaveBeenCalledTimes(1);
    expect(texts(client)).toHaveLength(100);
  });

  test("the queue outlives the page", async () => {
    const local = memoryStore();
    const session = memoryStore();
    const before = await setup(local, session);
    before.client.send("kept");
    await vi.advanceTimersByTimeAsync(FRAME);
    before.leave();
    const { socket, client, leave } = await setup(local, session);
    expect(statuses(client)).toEqual(["waiting"]);
    await greet(socket);
    expect(socket.sent("chat:send")).toEqual([{ room: "lobby", key: "key-1", text: "kept" }]);
    await socket.answer("chat:send", { ok: true, id: "1-0", time: 1 });
    await vi.advanceTimersByTimeAsync(FRAME);
    leave();
    expect((await setup(local, session)).client.getSnapshot().outbox).toEqual([]);
  });
});
