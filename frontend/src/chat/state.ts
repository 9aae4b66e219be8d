import { MAX_NAME } from "./name";
import type { Outgoing } from "./outbox";
import { type Feature, type Limits, LOBBY, type Person } from "./protocol";
import { newRoom, type Room } from "./room";
import { problemWords } from "./words";

/** Where the connection to the server stands. */
export type Connection =
  /** No connection yet; reason is why the last attempt failed, "" before one did. */
  | { readonly phase: "connecting"; readonly reason: string }
  /** Connected by transport, "polling" or "websocket". */
  | { readonly phase: "connected"; readonly transport: string }
  /** Lost, and being sought again. */
  | { readonly phase: "reconnecting"; readonly reason: string }
  /** The server turned this page away; nothing happens until the reader asks. */
  | { readonly phase: "refused"; readonly reason: string };

/** What the page is connected to: "plain" is a server of the old kind. */
export type Mode = "unknown" | "chat" | "plain";

/** Everything the page shows. */
export interface ChatState {
  readonly connection: Connection;
  /** How the last connection spoke; it stays while the connection is lost. */
  readonly mode: Mode;
  /** The node's name for itself, "" before it gave one. */
  readonly node: string;
  readonly features: readonly Feature[];
  readonly limits: Limits;
  /** How far this device's clock is ahead of the server's, in milliseconds. */
  readonly skew: number;
  readonly you: Person | null;
  /** The room that is shown. */
  readonly current: string;
  /** The rooms this page is in, in the order it joined them; the lobby is always one. */
  readonly rooms: readonly Room[];
  /** Oldest first. */
  readonly outbox: readonly Outgoing[];
  /** How many messages without an id were shown: it numbers them. */
  readonly relays: number;
  /** How many messages were written here; one may leave the outbox before anybody sees it there. */
  readonly written: number;
  /** What could not be done, in words for the reader; "" where nothing is to be said. */
  readonly notice: string;
}

/** The state of a page that has not connected yet; the exported page shows it. */
export const initialState: ChatState = {
  connection: { phase: "connecting", reason: "" },
  mode: "unknown",
  node: "",
  features: [],
  limits: { text: 4000, name: MAX_NAME, rooms: 20, history: 100 },
  skew: 0,
  you: null,
  current: LOBBY,
  rooms: [newRoom(LOBBY)],
  outbox: [],
  relays: 0,
  written: 0,
  notice: "",
};

/** The room of that name, undefined where the page is not in it. */
export function roomOf(state: ChatState, name: string): Room | undefined {
  return state.rooms.find((room) => room.name === name);
}

/** The state with one room changed; itself where the page is not in it. */
export function withRoom(state: ChatState, name: string, changed: (room: Room) => Room): ChatState {
  const room = roomOf(state, name);
  if (room === undefined) return state;
  const after = changed(room);
  if (after === room) return state;
  return { ...state, rooms: state.rooms.map((other) => (other === room ? after : other)) };
}

/** How many messages of others the reader has not seen, in all rooms. */
export function unreadIn(state: ChatState): number {
  return state.rooms.reduce((sum, { unread }) => sum + unread, 0);
}

/** The document's title: what waits, and where. */
export function titleOf(state: ChatState): string {
  const unread = unreadIn(state);
  const where = state.current === LOBBY ? "Nudge" : `#${state.current} · Nudge`;
  return unread > 0 ? `(${unread > 999 ? "999+" : unread}) ${where}` : where;
}

/** What keeps a connected page out of the room it shows, in words; "" where nothing does. */
export function troubleOf({ connection, mode, current, rooms }: ChatState): string {
  if (connection.phase !== "connected") return "";
  if (mode === "plain") {
    if (current === LOBBY) return "";
    return `This older server has the lobby alone. #${current} comes back with a newer one.`;
  }
  const room = rooms.find(({ name }) => name === current);
  if (!room?.problem) return "";
  const why = problemWords(room.problem);
  return room.phase === "failed"
    ? `#${current} cannot be joined. ${why}`
    : `#${current} is out of reach. ${why} It is tried again.`;
}

/** Where the connection stands, in a word or two. */
export function stateWord({ connection }: ChatState): string {
  switch (connection.phase) {
    case "connecting":
      return "Connecting…";
    case "connected":
      return "Connected";
    case "reconnecting":
      return "Reconnecting…";
    case "refused":
      return "Turned away";
  }
}
