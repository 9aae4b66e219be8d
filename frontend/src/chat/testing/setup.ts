import { vi } from "vitest";
import { type ChatClient, createChat } from "../client";
import { leases } from "../leases";
import type { Outgoing } from "../outbox";
import { outboxStorage } from "../outbox-storage";
import type { Message } from "../protocol";
import { roomOf } from "../state";
import { memoryStore, type Store } from "../storage";
import { FRAME } from "../store";
import { FakeSocket } from "./fake-socket";

/** What a server of version 1 says first, and what it answers to a join of the lobby. */
export const you = { id: "me", name: "Me" };
export const hello = {
  version: 1,
  node: "n1",
  time: 0,
  you,
  features: ["history", "presence", "typing", "rooms"],
  limits: { text: 4000, name: 40, rooms: 20, history: 100 },
};
export const room = {
  room: "lobby",
  messages: [],
  more: false,
  gap: false,
  people: [you],
  count: 1,
};
/** A message of somebody else. */
export const other = (id: number, text: string): Message => ({
  id: `${id}-0`,
  room: "lobby",
  time: id,
  from: { id: "o", name: "Other" },
  text,
});

/** A chat over a fake socket, on a page that leaves when it is told to. */
export async function setup(local: Store = memoryStore(), session: Store = memoryStore()) {
  const socket = new FakeSocket();
  const page = new EventTarget();
  let keys = 0;
  const client = createChat({
    socket,
    outbox: outboxStorage(local, session, leases(local, page, Date.now)),
    rooms: [],
    newKey: () => `key-${++keys}`,
    now: Date.now,
    onName: () => {},
  });
  await vi.advanceTimersByTimeAsync(FRAME);
  return { socket, client, leave: () => page.dispatchEvent(new Event("pagehide")) };
}

/** Connects to a server of version 1 that answers its joins. */
export async function greet(socket: FakeSocket, joinAnswer: object = room) {
  socket.receive("connect");
  socket.receive("hello", hello);
  await socket.answer("chat:join", { ok: true, ...joinAnswer });
}

/** The texts of the lobby, and how what is not confirmed stands. */
export const texts = (client: ChatClient) =>
  roomOf(client.getSnapshot(), "lobby")?.messages.map(({ text }) => text);
export const statuses = (client: ChatClient) =>
  client.getSnapshot().outbox.map(({ status }: Outgoing) => status);
