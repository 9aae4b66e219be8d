import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type ChatSocket, createChatClient, FRAME, SERVER_END_DELAY } from "./client";

type Listener = (...args: unknown[]) => void;

class FakeSocket implements ChatSocket {
  connected = false;
  active = true;
  connects = 0;
  readonly emitted: { text: unknown; ack: Listener }[] = [];
  readonly #listeners = new Map<string, Listener>();
  #upgrade: Listener = () => {};
  readonly io = {
    engine: {
      transport: { name: "polling" },
      on: (_: "upgrade", listener: () => void) => {
        this.#upgrade = listener;
      },
    },
  };

  connect() {
    this.connects++;
  }
  emit(event: string, body: unknown, ack: unknown) {
    expect(event).toBe("event:message");
    this.emitted.push({ text: (body as { message: unknown }).message, ack: ack as Listener });
  }
  on(event: string, listener: Listener) {
    this.#listeners.set(event, listener);
  }
  receive(event: string, ...args: unknown[]) {
    if (event === "connect" || event === "disconnect") this.connected = event === "connect";
    const listener = this.#listeners.get(event);
    if (!listener) throw new Error(`nobody listens to ${event}`);
    listener(...args);
  }
  upgrade() {
    this.io.engine.transport.name = "websocket";
    this.#upgrade();
  }
}

function setup() {
  const socket = new FakeSocket();
  return { socket, client: createChatClient(socket) };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the connection", () => {
  test("shows its transport, and the one it upgrades to", () => {
    const { socket, client } = setup();
    expect(client.getSnapshot().connection).toEqual({ phase: "connecting", reason: "" });
    socket.receive("connect");
    expect(client.getSnapshot().connection).toEqual({ phase: "connected", transport: "polling" });
    socket.upgrade();
    expect(client.getSnapshot().connection).toEqual({ phase: "connected", transport: "websocket" });
  });

  test("does not take a late upgrade for a connection", () => {
    const { socket, client } = setup();
    socket.receive("connect");
    socket.receive("disconnect", "transport close");
    socket.upgrade();
    expect(client.getSnapshot().connection.phase).toBe("reconnecting");
  });

  test.each([
    ["before the first one", [], true, "connecting"],
    ["after a loss", ["connect", "disconnect"], true, "reconnecting"],
    ["that the server refuses", [], false, "refused"],
  ] as const)("says why an attempt failed %s", (_, events, active, phase) => {
    const { socket, client } = setup();
    for (const event of events) socket.receive(event, "ping timeout");
    socket.active = active;
    socket.receive("connect_error", new Error("no answer"));
    expect(client.getSnapshot().connection).toEqual({ phase, reason: "no answer" });
  });

  test("that was refused is sought again when asked", () => {
    const { socket, client } = setup();
    socket.active = false;
    socket.receive("connect_error", new Error("full"));
    client.reconnect();
    expect(socket.connects).toBe(1);
    expect(client.getSnapshot().connection).toEqual({ phase: "reconnecting", reason: "" });
  });

  test("that the server ended is sought again after a while", () => {
    const { socket } = setup();
    socket.receive("connect");
    socket.active = false;
    socket.receive("disconnect", "io server disconnect");
    expect(socket.connects).toBe(0);
    vi.advanceTimersByTime(SERVER_END_DELAY);
    expect(socket.connects).toBe(1);
  });
});

describe("sending", () => {
  test("goes out at once, and an acknowledgement alone shows nothing", () => {
    const { socket, client } = setup();
    socket.receive("connect");
    client.send("hello");
    expect(socket.emitted.map(({ text }) => text)).toEqual(["hello"]);
    socket.receive("message", '{"message":"hello"}');
    socket.emitted[0]?.ack({ ok: true });
    expect(client.getSnapshot()).toMatchObject({ outgoing: [], messages: [{ text: "hello" }] });
  });

  test("to a server that never acknowledges is no failure", () => {
    const { socket, client } = setup();
    socket.receive("connect");
    client.send("hello");
    vi.advanceTimersByTime(3_600_000);
    expect(client.getSnapshot().outgoing[0]?.delivery.status).toBe("sent");
    socket.receive("message", '{"message":"hello"}');
    expect(client.getSnapshot().outgoing).toEqual([]);
  });

  test("that the server refuses shows why, and can be tried again", () => {
    const { socket, client } = setup();
    const failure = { code: "unavailable", message: "The relay is away." };
    socket.receive("connect");
    client.send("hello");
    socket.emitted[0]?.ack({ ok: false, error: failure });
    const [outgoing] = client.getSnapshot().outgoing;
    expect(outgoing?.delivery).toEqual({ status: "failed", failure });
    client.resend(outgoing?.id ?? 0);
    expect(socket.emitted.map(({ text }) => text)).toEqual(["hello", "hello"]);
    expect(client.getSnapshot().outgoing.map(({ delivery }) => delivery.status)).toEqual(["sent"]);
  });

  test("waits for the connection and keeps the order", () => {
    const { socket, client } = setup();
    client.send("first");
    client.send("second");
    expect(socket.emitted).toEqual([]);
    socket.receive("connect");
    client.send("third");
    expect(socket.emitted.map(({ text }) => text)).toEqual(["first", "second", "third"]);
  });

  test("does not repeat what was on its way when the connection broke", () => {
    const { socket, client } = setup();
    socket.receive("connect");
    client.send("hello");
    socket.receive("disconnect", "transport close");
    socket.receive("connect");
    expect(socket.emitted).toHaveLength(1);
    expect(client.getSnapshot().outgoing[0]?.delivery.status).toBe("unconfirmed");
  });

  test("can be taken back while it waits", () => {
    const { socket, client } = setup();
    client.send("hello");
    client.discard(client.getSnapshot().outgoing[0]?.id ?? 0);
    socket.receive("connect");
    expect(socket.emitted).toEqual([]);
  });
});

test("what is no message is counted and hurts nothing", () => {
  const { socket, client } = setup();
  socket.receive("message", "garbage");
  socket.receive("message");
  expect(client.getSnapshot()).toMatchObject({ ignored: 2, messages: [] });
});

test("an error event is shown until dismissed", () => {
  const { socket, client } = setup();
  socket.receive("error", { code: "invalid", message: "No message.", event: "event:message" });
  expect(client.getSnapshot().refusal?.message).toBe("No message.");
  client.dismissRefusal();
  expect(client.getSnapshot().refusal).toBeNull();
});

test("a burst of changes is one notice a frame, and none after the end", () => {
  const { socket, client } = setup();
  const listener = vi.fn();
  const end = client.subscribe(listener);
  for (let i = 0; i < 100; i++) socket.receive("message", `{"message":${i}}`);
  expect(listener).not.toHaveBeenCalled();
  vi.advanceTimersByTime(FRAME);
  expect(listener).toHaveBeenCalledTimes(1);
  expect(client.getSnapshot().received).toBe(100);
  end();
  socket.receive("message", '{"message":"late"}');
  vi.advanceTimersByTime(FRAME);
  expect(listener).toHaveBeenCalledTimes(1);
});
