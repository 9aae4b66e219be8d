import { isId } from "./ids";
import type {
  Feature,
  Hello,
  HistoryAnswer,
  JoinAnswer,
  Message,
  NameAnswer,
  Person,
  PresenceEvent,
  Problem,
  SendAnswer,
  TypingEvent,
} from "./protocol";

type Fields = Record<string, unknown>;

const features: readonly string[] = ["history", "presence", "typing", "rooms"];

/** What a request came to. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem };

/**
 * Reads an ack: decode's value of one that is ok, else its problem. An ack that
 * is neither is a problem too, with the code "malformed".
 */
export function decodeAnswer<T>(ack: unknown, decode: (body: unknown) => T | null): Answer<T> {
  const body = fields(ack);
  if (body?.ok === true) {
    const value = decode(body);
    if (value !== null) return { ok: true, value };
  }
  const error = body?.ok === false ? fields(body.error) : null;
  return { ok: false, problem: decodeProblem(error) };
}

/** A problem, tolerant of whatever is missing. */
export function decodeProblem(value: unknown): Problem {
  const body = fields(value);
  return {
    code: text(body?.code) || "malformed",
    message: text(body?.message) || "The server gave an answer that this page does not understand.",
  };
}

/** A message, or null where value is none. */
export function decodeMessage(value: unknown): Message | null {
  const body = fields(value);
  if (body === null || !isId(body.id) || typeof body.room !== "string") return null;
  if (typeof body.text !== "string" || typeof body.time !== "number") return null;
  const { id, room, time } = body;
  const message: Message = { id, room, time, from: decodePerson(body.from), text: body.text };
  if (typeof body.key === "string") message.key = body.key;
  return message;
}

export function decodeHello(value: unknown): Hello | null {
  const body = fields(value);
  const you = decodePerson(body?.you);
  if (body === null || typeof body.version !== "number" || you === null) return null;
  const limits = fields(body.limits);
  return {
    version: body.version,
    node: text(body.node),
    time: count(body.time, 0),
    you,
    features: array(body.features).filter(
      (name): name is Feature => typeof name === "string" && features.includes(name),
    ),
    limits: {
      text: count(limits?.text, 4000),
      name: count(limits?.name, 40),
      rooms: count(limits?.rooms, 20),
      history: count(limits?.history, 100),
    },
  };
}

export function decodeJoin(value: unknown): JoinAnswer | null {
  const body = fields(value);
  const history = decodeHistory(value);
  if (body === null || history === null) return null;
  const people = decodePeople(body.people);
  return {
    room: text(body.room),
    ...history,
    people,
    count: count(body.count, people.length),
  };
}

export function decodeHistory(value: unknown): HistoryAnswer | null {
  const body = fields(value);
  if (body === null || !Array.isArray(body.messages)) return null;
  return {
    messages: body.messages.map(decodeMessage).filter((message) => message !== null),
    more: body.more === true,
    gap: body.gap === true,
  };
}

export function decodeSent(value: unknown): SendAnswer | null {
  const body = fields(value);
  if (body === null || !isId(body.id) || typeof body.time !== "number") return null;
  return { id: body.id, time: body.time };
}

export function decodeNamed(value: unknown): NameAnswer | null {
  const you = decodePerson(fields(value)?.you);
  return you && { you };
}

export function decodeTyping(value: unknown): TypingEvent | null {
  const body = fields(value);
  const from = decodePerson(body?.from);
  if (body === null || from === null || typeof body.room !== "string") return null;
  return { room: body.room, from, typing: body.typing === true };
}

export function decodePresence(value: unknown): PresenceEvent | null {
  const body = fields(value);
  if (body === null || typeof body.room !== "string") return null;
  return {
    room: body.room,
    joined: decodePeople(body.joined),
    left: decodePeople(body.left),
    changed: decodePeople(body.changed),
    count: count(body.count, 0),
  };
}

/** The room a chat:resync is about, "" where it names none. */
export function decodeResync(value: unknown): string {
  return text(fields(value)?.room);
}

function decodePeople(value: unknown): Person[] {
  return array(value)
    .map(decodePerson)
    .filter((person) => person !== null);
}

function decodePerson(value: unknown): Person | null {
  const body = fields(value);
  if (body === null || typeof body.id !== "string" || body.id === "") return null;
  return { id: body.id, name: text(body.name) };
}

function fields(value: unknown): Fields | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : null;
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function count(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : otherwise;
}
