import { type Failure, type Refusal, UNKNOWN_OUTCOME } from "./legacy";

/** How many received messages are kept; the oldest make room for new ones. */
export const MAX_MESSAGES = 1000;

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

/** A message that arrived. */
export interface Message {
  readonly id: number;
  readonly text: string;
}

/**
 * What became of a message written here. An original Node server acknowledges
 * nothing, so a message counts as delivered when it comes back, too.
 * - waiting: written while disconnected, sent on the next connection
 * - sent: on its way; neither acknowledged nor seen yet
 * - accepted: acknowledged, not seen yet
 * - unconfirmed: the connection broke while it was on its way, or the server cannot tell
 * - failed: the server refused it
 */
export type Delivery =
  | { readonly status: "waiting" | "sent" | "accepted" | "unconfirmed" }
  | { readonly status: "failed"; readonly failure: Failure };

/** A message written here that has not come back yet. */
export interface Outgoing {
  readonly id: number;
  readonly text: string;
  readonly delivery: Delivery;
}

/** Everything the page shows. */
export interface ChatState {
  readonly connection: Connection;
  /** Oldest first, at most MAX_MESSAGES. */
  readonly messages: readonly Message[];
  /** How many messages ever arrived, those no longer kept included. */
  readonly received: number;
  /** Oldest first. */
  readonly outgoing: readonly Outgoing[];
  /** The last refusal the server reported outside an acknowledgement. */
  readonly refusal: Refusal | null;
  /** How many arrivals were not messages and were left out. */
  readonly ignored: number;
}

/** What can happen to the state. */
export type ChatEvent =
  | { readonly type: "connection"; readonly connection: Connection }
  | { readonly type: "lost"; readonly reason: string }
  | { readonly type: "received"; readonly id: number; readonly text: string }
  | { readonly type: "ignored" }
  | { readonly type: "written"; readonly id: number; readonly text: string }
  | { readonly type: "sent"; readonly id: number }
  | { readonly type: "accepted"; readonly id: number }
  | {
      readonly type: "failed";
      readonly id: number;
      readonly text: string;
      readonly failure: Failure;
    }
  | { readonly type: "discarded"; readonly id: number }
  | { readonly type: "refusal"; readonly refusal: Refusal | null };

/** The state of a page that has not connected yet; the exported page shows it. */
export const initialState: ChatState = {
  connection: { phase: "connecting", reason: "" },
  messages: [],
  received: 0,
  outgoing: [],
  refusal: null,
  ignored: 0,
};

/** The state after event. */
export function reduce(state: ChatState, event: ChatEvent): ChatState {
  switch (event.type) {
    case "connection":
      return { ...state, connection: event.connection };
    case "lost":
      return lose(state, event.reason);
    case "received":
      return receive(state, event);
    case "ignored":
      return { ...state, ignored: state.ignored + 1 };
    case "written":
      return {
        ...state,
        outgoing: [
          ...state.outgoing,
          { id: event.id, text: event.text, delivery: { status: "waiting" } },
        ],
      };
    case "sent":
      return deliver(state, event.id, { status: "sent" });
    case "accepted":
      return deliver(state, event.id, { status: "accepted" });
    case "failed":
      return fail(state, event.id, event.text, event.failure);
    case "discarded":
      return { ...state, outgoing: state.outgoing.filter(({ id }) => id !== event.id) };
    case "refusal":
      return { ...state, refusal: event.refusal };
  }
}

/** An arrival is also the return of the oldest equal message on its way. */
function receive(state: ChatState, { id, text }: Message): ChatState {
  const back = state.outgoing.findIndex(
    (message) =>
      message.text === text &&
      message.delivery.status !== "waiting" &&
      message.delivery.status !== "failed",
  );
  return {
    ...state,
    messages: [...state.messages, { id, text }].slice(-MAX_MESSAGES),
    received: state.received + 1,
    outgoing: back === -1 ? state.outgoing : state.outgoing.filter((_, index) => index !== back),
  };
}

/**
 * An accepted message reached the others even where its return was missed, so
 * it joins the list; what had no answer yet can be either way.
 */
function lose(state: ChatState, reason: string): ChatState {
  const missed = state.outgoing.filter(({ delivery }) => delivery.status === "accepted");
  return {
    ...missed.reduce(receive, state),
    connection: { phase: "reconnecting", reason },
    outgoing: state.outgoing
      .filter(({ delivery }) => delivery.status !== "accepted")
      .map((message) =>
        message.delivery.status === "sent"
          ? { ...message, delivery: { status: "unconfirmed" } }
          : message,
      ),
  };
}

/**
 * A refused message whose equal arrived meanwhile is shown again: what arrived
 * was another's. Only an outcome the server does not know leaves it delivered.
 */
function fail(state: ChatState, id: number, text: string, failure: Failure): ChatState {
  if (failure.code === UNKNOWN_OUTCOME) return deliver(state, id, { status: "unconfirmed" });
  if (state.outgoing.some((message) => message.id === id)) {
    return deliver(state, id, { status: "failed", failure });
  }
  const message: Outgoing = { id, text, delivery: { status: "failed", failure } };
  return { ...state, outgoing: [...state.outgoing, message] };
}

function deliver(state: ChatState, id: number, delivery: Delivery): ChatState {
  return {
    ...state,
    outgoing: state.outgoing.map((message) =>
      message.id === id ? { ...message, delivery } : message,
    ),
  };
}
