import {
  ERROR_EVENT,
  parseAck,
  parseMessage,
  parseRefusal,
  RECEIVE_EVENT,
  SEND_EVENT,
} from "./legacy";
import { type ChatEvent, type ChatState, initialState, reduce } from "./state";

/** The part of a socket.io-client Socket that the chat uses. */
export interface ChatSocket {
  readonly connected: boolean;
  /** Whether the socket seeks a connection on its own. */
  readonly active: boolean;
  connect(): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: the arguments are the peer's, each listener judges its own
  on(event: string, listener: (...args: any[]) => void): unknown;
  readonly io: {
    readonly engine: {
      readonly transport: { readonly name: string };
      on(event: "upgrade", listener: () => void): unknown;
    };
  };
}

/** The chat of one page, outside React: a store for useSyncExternalStore. */
export interface ChatClient {
  getSnapshot(): ChatState;
  /** Calls listener after changes, at most once per FRAME; the result ends it. */
  subscribe(listener: () => void): () => void;
  /** Sends text, once connected, after everything written before. */
  send(text: string): void;
  /** Sends an unconfirmed or failed message again, as the newest. */
  resend(id: number): void;
  /** Forgets a message that has not come back. */
  discard(id: number): void;
  /** Seeks a connection again where the server turned the page away. */
  reconnect(): void;
  dismissRefusal(): void;
}

/** The time between two calls of a listener, in milliseconds. */
export const FRAME = 16;
/** The time before a connection the server ended is sought again, in milliseconds. */
export const SERVER_END_DELAY = 2000;

/** The chat over socket, which connects when it likes. */
export function createChatClient(socket: ChatSocket): ChatClient {
  const listeners = new Set<() => void>();
  let state = initialState;
  let lastId = 0;
  let scheduled = false;

  function dispatch(event: ChatEvent): void {
    state = reduce(state, event);
    if (scheduled) return;
    // A burst of messages is one render: a render each would starve the page.
    scheduled = true;
    setTimeout(() => {
      scheduled = false;
      for (const listener of listeners) listener();
    }, FRAME);
  }

  function flush(): void {
    for (const { id, text, delivery } of state.outgoing) {
      if (delivery.status !== "waiting") continue;
      dispatch({ type: "sent", id });
      socket.emit(SEND_EVENT, { message: text }, (ack: unknown) => {
        const failure = parseAck(ack);
        dispatch(failure ? { type: "failed", id, text, failure } : { type: "accepted", id });
      });
    }
  }

  function showTransport(): void {
    const { transport } = socket.io.engine;
    dispatch({ type: "connection", connection: { phase: "connected", transport: transport.name } });
  }

  socket.on("connect", () => {
    showTransport();
    const { engine } = socket.io;
    engine.on("upgrade", () => {
      if (socket.connected && socket.io.engine === engine) showTransport();
    });
    flush();
  });

  socket.on("disconnect", (reason: string) => {
    dispatch({ type: "lost", reason });
    if (!socket.active) setTimeout(() => socket.connect(), SERVER_END_DELAY);
  });

  socket.on("connect_error", (error: Error) => {
    const reason = error.message;
    if (!socket.active) {
      dispatch({ type: "connection", connection: { phase: "refused", reason } });
    } else if (state.connection.phase === "connecting") {
      dispatch({ type: "connection", connection: { phase: "connecting", reason } });
    } else {
      dispatch({ type: "connection", connection: { phase: "reconnecting", reason } });
    }
  });

  socket.on(RECEIVE_EVENT, (argument: unknown) => {
    const text = parseMessage(argument);
    dispatch(text === null ? { type: "ignored" } : { type: "received", id: ++lastId, text });
  });

  socket.on(ERROR_EVENT, (argument: unknown) => {
    dispatch({ type: "refusal", refusal: parseRefusal(argument) });
  });

  function send(text: string): void {
    dispatch({ type: "written", id: ++lastId, text });
    if (socket.connected) flush();
  }

  return {
    getSnapshot: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    send,
    resend(id) {
      const message = state.outgoing.find((outgoing) => outgoing.id === id);
      if (!message) return;
      dispatch({ type: "discarded", id });
      send(message.text);
    },
    discard: (id) => dispatch({ type: "discarded", id }),
    reconnect() {
      dispatch({ type: "connection", connection: { phase: "reconnecting", reason: "" } });
      socket.connect();
    },
    dismissRefusal: () => dispatch({ type: "refusal", refusal: null }),
  };
}
