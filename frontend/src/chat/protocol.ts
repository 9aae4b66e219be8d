// The chat protocol, version 1: server/chat/PROTOCOL.md says what each event
// means. These are its types, the same as those in server/chat/protocol.go: a
// test holds the two against each other.

/** The version of the protocol that these types are. */
export const VERSION = 1;

/** The names of the events. */
export const EVENTS = {
  // From the client, each but typing with an ack.
  join: "chat:join",
  leave: "chat:leave",
  send: "chat:send",
  history: "chat:history",
  name: "chat:name",
  // From the client and from the server.
  typing: "chat:typing",
  // From the server.
  hello: "hello",
  message: "chat:message",
  presence: "chat:presence",
  resync: "chat:resync",
} as const;

/** The room of the old kind, which old pages and Node servers see too. */
export const LOBBY = "lobby";

/** What a client says of itself in the auth of its connection. */
export interface Auth {
  chat: number;
  key: string;
  name?: string;
}

/** Someone in the chat: a hash of the client's key, and the name others see. */
export interface Person {
  id: string;
  name: string;
}

/** One message, as it is stored and as it comes. */
export interface Message {
  id: string;
  room: string;
  time: number;
  from: Person | null;
  text: string;
  key?: string;
}

/** Why a request was refused. */
export interface Problem {
  code: string;
  message: string;
}

/** The bounds a server keeps, in code points, names, rooms and messages. */
export interface Limits {
  text: number;
  name: number;
  rooms: number;
  history: number;
}

/** A part of the protocol that a server may be without. */
export type Feature = "history" | "presence" | "typing" | "rooms";

/** The server's first event on each connection. */
export interface Hello {
  version: number;
  node: string;
  time: number;
  you: Person;
  features: Feature[];
  limits: Limits;
}

/** The argument of chat:join. */
export interface JoinRequest {
  room: string;
  after?: string;
  last?: number;
}

/** What chat:join answers. */
export interface JoinAnswer {
  room: string;
  messages: Message[];
  more: boolean;
  gap: boolean;
  people: Person[];
  count: number;
}

/** The argument of chat:leave. */
export interface LeaveRequest {
  room: string;
}

/** The argument of chat:send. */
export interface SendRequest {
  room: string;
  key: string;
  text: string;
}

/** What chat:send answers. */
export interface SendAnswer {
  id: string;
  time: number;
}

/** The argument of chat:history. */
export interface HistoryRequest {
  room: string;
  before?: string;
  after?: string;
  last?: number;
}

/** What chat:history answers. */
export interface HistoryAnswer {
  messages: Message[];
  more: boolean;
  gap: boolean;
}

/** The argument of chat:name. */
export interface NameRequest {
  name: string;
}

/** What chat:name answers. */
export interface NameAnswer {
  you: Person;
}

/** The argument of chat:typing from a client. */
export interface TypingRequest {
  room: string;
  typing: boolean;
}

/** The argument of chat:typing from a server. */
export interface TypingEvent {
  room: string;
  from: Person;
  typing: boolean;
}

/** The argument of chat:presence. */
export interface PresenceEvent {
  room: string;
  joined: Person[];
  left: Person[];
  changed: Person[];
  count: number;
}

/** The argument of chat:resync. */
export interface ResyncEvent {
  room: string;
}
