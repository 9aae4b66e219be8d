import {
  decodeHello,
  decodeMessage,
  decodeNamed,
  decodePresence,
  decodeProblem,
  decodeResync,
  decodeTyping,
} from "./decode";
import { ERROR_EVENT, parseMessage, parseRefusal, RECEIVE_EVENT, storedId } from "./legacy";
import { change, lost, without, written } from "./outbox";
import type { OutboxStorage } from "./outbox-storage";
import { acceptedShown, relayed } from "./plain";
import { EVENTS, LOBBY, type Message, type Problem } from "./protocol";
import { reunite } from "./reunion";
import { attended, interrupted, newRoom, received, withPresence } from "./room";
import { confirmed, createRoomSync } from "./room-sync";
import { createSender } from "./sender";
import { type ChatSocket, createRequest } from "./socket";
import { type ChatState, type Connection, initialState, roomOf, withRoom } from "./state";
import { createStore, FRAME } from "./store";
import { stillTyping, TYPING_EXPIRY, typed } from "./typing";
import { problemWords } from "./words";

/** How long a server has for its hello before it counts as one of the old kind, in milliseconds. */
export const HELLO_WAIT = 3000;
/** The time before a connection the server ended is sought again, in milliseconds. */
export const SERVER_END_DELAY = 1000;

/** What a chat is made from. */
export interface ChatParts {
  readonly socket: ChatSocket;
  readonly outbox: OutboxStorage;
  /** The rooms of the last visit, and the newest id seen in each. */
  readonly rooms: readonly { readonly name: string; readonly read: string }[];
  /** A random name for a message. */
  readonly newKey: () => string;
  readonly now: () => number;
  /** The name was taken by the server, or is to be asked for with the next connection. */
  readonly onName: (name: string) => void;
}

/** The chat of one page, outside React: a store for useSyncExternalStore. */
export interface ChatClient {
  getSnapshot(): ChatState;
  /** Calls listener after changes, at most once per FRAME; the result ends it. */
  subscribe(listener: () => void): () => void;
  /** Sends text to the room that is shown, after everything written before. */
  send(text: string): void;
  /** Sends a failed or uncertain message again. */
  resend(key: string): void;
  /** Forgets a message that was not confirmed. */
  discard(key: string): void;
  /** Shows a room and joins it. */
  openRoom(name: string): void;
  /** Leaves a room other than the lobby. */
  leaveRoom(name: string): void;
  loadOlder(): void;
  /** Whether the reader looks at the end of the room that is shown. */
  attend(attending: boolean): void;
  typing(typing: boolean): void;
  /** Takes another name; what the server has against it, else null. */
  rename(name: string): Promise<Problem | null>;
  /** Seeks a connection now. */
  reconnect(): void;
  /** Says something to the reader in words, "" where there is nothing more to say. */
  tell(notice: string): void;
}

/** The chat over a socket, which connects when it likes. */
export function createChat(parts: ChatParts): ChatClient {
  const { socket, now } = parts;
  const rooms = [
    newRoom(LOBBY, parts.rooms.find(({ name }) => name === LOBBY)?.read),
    ...parts.rooms
      .filter(({ name }) => name !== LOBBY)
      .map(({ name, read }) => newRoom(name, read)),
  ];
  const store = createStore({ ...initialState, rooms }, keepOutbox);
  let saved = initialState.outbox;
  let attending = false;
  let helloTimer: ReturnType<typeof setTimeout> | undefined;
  let incoming: Message[] = [];
  let isOpen = false;

  const isAttending = (room: string) => attending && store.get().current === room;
  const request = createRequest(socket, () => reconnect("the server went silent"));
  const sync = createRoomSync(request, store, isAttending, () => pump());
  const sender = createSender(socket, request, store, sync.joined, now);

  /** Keeps the outbox before what it says happens: the page may be gone the next moment. */
  function keepOutbox({ outbox }: ChatState): void {
    if (!isOpen || outbox === saved) return;
    saved = parts.outbox.save(outbox);
    if (saved !== outbox) store.update((state) => ({ ...state, outbox: saved }));
  }

  function pump(): void {
    // What an earlier page left comes first.
    if (isOpen) sender.pump();
  }

  parts.outbox.open((found) => {
    store.update((state) => ({ ...state, outbox: [...found, ...state.outbox] }));
    isOpen = true;
    keepOutbox(store.get());
    for (const { room } of found) if (!roomOf(store.get(), room)) addRoom(room);
    pump();
  });

  function connection(next: Connection): void {
    store.update((state) => ({ ...state, connection: next }));
  }

  function tell(notice: string): void {
    store.update((state) => ({ ...state, notice }));
  }

  function reconnect(reason: string): void {
    // A manager that waits for its next attempt starts anew only so.
    socket.disconnect();
    connection({ phase: "reconnecting", reason });
    socket.connect();
  }

  function showTransport(): void {
    connection({ phase: "connected", transport: socket.io.engine.transport.name });
  }

  function flushIncoming(): void {
    const batch = new Map<string, Message[]>();
    for (const message of incoming) {
      const messages = batch.get(message.room);
      if (messages === undefined) batch.set(message.room, [message]);
      else messages.push(message);
    }
    incoming = [];
    if (batch.size === 0) return;
    store.update((state) => {
      let next = state;
      for (const [name, messages] of batch) {
        const told = reunite(next, messages);
        const reader = { you: state.you, attending: isAttending(name), shown: told.shown };
        next = withRoom(told.state, name, (room) => received(room, told.messages, reader));
        next = confirmed(next, messages);
      }
      return next;
    });
  }

  function becomePlain(): void {
    clearTimeout(helloTimer);
    if (!socket.connected || store.get().mode === "plain") return;
    store.update((state) => ({
      ...withRoom(state, LOBBY, (room) => ({ ...room, phase: "ready" })),
      mode: "plain",
      node: "",
      features: [],
    }));
    pump();
  }

  function addRoom(name: string): void {
    store.update((state) => ({ ...state, rooms: [...state.rooms, newRoom(name)] }));
    if (socket.connected && store.get().mode === "chat") void sync.join(name);
  }

  socket.on("connect", () => {
    showTransport();
    store.update((state) => ({ ...state, mode: "unknown" }));
    const { engine } = socket.io;
    engine.on("upgrade", () => {
      if (socket.connected && socket.io.engine === engine) showTransport();
    });
    clearTimeout(helloTimer);
    helloTimer = setTimeout(becomePlain, HELLO_WAIT);
  });

  socket.on("disconnect", (reason: string) => {
    clearTimeout(helloTimer);
    // A socket whose pings stay away keeps what is sent for its next connection. There
    // it would come before the room is joined, and be refused.
    socket.sendBuffer.length = 0;
    flushIncoming();
    sync.reset();
    sender.rest();
    store.update((state) => {
      const told = acceptedShown(state, now());
      return {
        ...told,
        connection: { phase: "reconnecting", reason },
        outbox: lost(told.outbox),
        rooms: told.rooms.map(interrupted),
      };
    });
    if (!socket.active) setTimeout(() => socket.connect(), SERVER_END_DELAY);
  });

  socket.on("connect_error", (error: Error & { data?: unknown }) => {
    const reason =
      error.data === undefined ? error.message : problemWords(decodeProblem(error.data));
    if (!socket.active) connection({ phase: "refused", reason });
    else if (store.get().connection.phase === "connecting") {
      connection({ phase: "connecting", reason });
    } else connection({ phase: "reconnecting", reason });
  });

  socket.on(EVENTS.hello, (argument: unknown) => {
    const hello = decodeHello(argument);
    if (hello === null) return;
    clearTimeout(helloTimer);
    const at = now();
    store.update((before) => {
      // A hello that comes late finds messages on their way as to a server of the old kind.
      const state = acceptedShown(before, at);
      return {
        ...state,
        mode: "chat",
        node: hello.node,
        skew: at - hello.time,
        you: hello.you,
        features: hello.features,
        limits: hello.limits,
        // This server knows again what went out by its key.
        outbox: state.outbox.map((entry) =>
          entry.status === "uncertain" && entry.via === "key"
            ? { ...entry, status: "waiting" }
            : entry,
        ),
      };
    });
    for (const { name } of store.get().rooms) void sync.join(name);
  });

  socket.on(EVENTS.message, (argument: unknown) => {
    const message = decodeMessage(argument);
    if (message === null) return;
    if (incoming.push(message) === 1) setTimeout(flushIncoming, FRAME);
  });

  socket.on(EVENTS.presence, (argument: unknown) => {
    const event = decodePresence(argument);
    if (event === null) return;
    store.update((state) => withRoom(state, event.room, (room) => withPresence(room, event)));
  });

  socket.on(EVENTS.typing, (argument: unknown) => {
    const event = decodeTyping(argument);
    if (event === null || event.from.id === store.get().you?.id) return;
    const at = now();
    store.update((state) =>
      withRoom(state, event.room, (room) => ({
        ...room,
        typing: typed(room.typing, event.from, event.typing, at),
      })),
    );
    setTimeout(() => {
      store.update((state) =>
        withRoom(state, event.room, (room) => {
          const typing = stillTyping(room.typing, now());
          return typing === room.typing ? room : { ...room, typing };
        }),
      );
    }, TYPING_EXPIRY);
  });

  socket.on(EVENTS.resync, (argument: unknown) => {
    flushIncoming();
    sync.resync(decodeResync(argument));
  });

  socket.on(RECEIVE_EVENT, (argument: unknown) => {
    if (store.get().mode === "chat") return; // this server says the same by chat:message
    becomePlain();
    const text = parseMessage(argument);
    if (text === null) return; // other programs publish to the same channel
    const relay = { text, stored: storedId(argument) };
    store.update((state) => relayed(state, relay, now(), isAttending(LOBBY)));
  });

  socket.on(ERROR_EVENT, (argument: unknown) => {
    const refusal = parseRefusal(argument);
    if (refusal.event === EVENTS.typing) return; // nothing is lost with it
    tell(`The server refused something. ${problemWords(refusal)}`);
  });

  return {
    getSnapshot: store.get,
    subscribe: store.subscribe,
    send(text) {
      store.update((state) => ({
        ...withRoom(state, state.current, (room) => ({ ...attended(room), marker: null })),
        outbox: [...state.outbox, written(parts.newKey(), state.current, text, now())],
        written: state.written + 1,
      }));
      pump();
    },
    resend(key) {
      store.update((state) => {
        const outbox = change(state.outbox, key, { status: "waiting", problem: null });
        // The reader decided: to a server of the old kind it is a message like any.
        const via = state.mode === "plain" ? { via: "none" as const } : {};
        return { ...state, outbox: change(outbox, key, via) };
      });
      pump();
    },
    discard: (key) => store.update((state) => ({ ...state, outbox: without(state.outbox, key) })),
    openRoom(name) {
      if (roomOf(store.get(), name) === undefined) {
        const { limits, rooms } = store.get();
        if (rooms.length >= limits.rooms) {
          tell(`You are in ${limits.rooms} rooms already: leave one first.`);
          return;
        }
        addRoom(name);
      }
      store.update((state) => {
        const shown = { ...state, current: name };
        return attending ? withRoom(shown, name, attended) : shown;
      });
    },
    leaveRoom(name) {
      if (name === LOBBY) return;
      sync.leave(name);
      store.update((state) => ({
        ...state,
        current: state.current === name ? LOBBY : state.current,
        rooms: state.rooms.filter((room) => room.name !== name),
        // What was not sent would wait unseen for a room that nobody is in.
        outbox: state.outbox.filter((it) => it.room !== name || it.status === "sending"),
      }));
    },
    loadOlder: () => void sync.loadOlder(store.get().current),
    attend(value) {
      attending = value;
      if (value) store.update((state) => withRoom(state, state.current, attended));
    },
    typing(typing) {
      const { current: room, features } = store.get();
      if (sync.joined.has(room) && features.includes("typing")) {
        socket.volatile.emit(EVENTS.typing, { room, typing });
      }
    },
    async rename(name) {
      if (socket.connected && store.get().mode === "chat") {
        const answer = await request(EVENTS.name, { name }, decodeNamed);
        if (!answer.ok) return answer.problem;
        const { you } = answer.value;
        store.update((state) => ({ ...state, you }));
        parts.onName(you.name);
        return null;
      }
      store.update((state) => ({ ...state, you: state.you && { ...state.you, name } }));
      parts.onName(name);
      return null;
    },
    reconnect: () => reconnect(""),
    tell,
  };
}
