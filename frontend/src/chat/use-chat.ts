"use client";

import { useSyncExternalStore } from "react";
import { io } from "socket.io-client";
import { followAddress } from "./address";
import { type ChatClient, createChat } from "./client";
import { chooseName, chosenName, identityKey, randomKey } from "./identity";
import { livingPages } from "./living-pages";
import { outboxStorage } from "./outbox-storage";
import { VERSION } from "./protocol";
import { keepRooms, savedRooms } from "./saved-rooms";
import { serverOrigin } from "./server-url";
import type { ChatSocket } from "./socket";
import { type ChatState, initialState } from "./state";
import { browserStore } from "./storage";

let client: ChatClient | undefined;

/**
 * The one chat of this page, connected on the first call. It outlives every
 * component, so that what mounts twice does not connect twice.
 */
export function chat(): ChatClient {
  client ??= startChat();
  return client;
}

function startChat(): ChatClient {
  const local = browserStore("localStorage");
  const session = browserStore("sessionStorage");
  const key = identityKey(local);
  const pages = livingPages(navigator.locks, local, window, Date.now);
  const origin = serverOrigin(process.env.NEXT_PUBLIC_SERVER_URL);
  const options = {
    auth: (tell: (auth: object) => void) => tell({ chat: VERSION, key, name: chosenName(local) }),
    reconnectionDelay: 300,
    reconnectionDelayMax: 4000,
    timeout: 10_000,
    // After a loss: one round trip instead of three, and not by connections that the
    // browser keeps for more requests, which may lead to a node that hangs.
    rememberUpgrade: true,
  };
  // socket.io-client's types know no engine before the first connection.
  const socket = (origin === "" ? io(options) : io(origin, options)) as unknown as ChatSocket;
  const started = createChat({
    socket,
    outbox: outboxStorage(local, session, pages),
    rooms: savedRooms(local),
    newKey: () => randomKey(22),
    now: Date.now,
    onName: (name) => chooseName(local, name),
  });
  keepRooms(local, started, Date.now);
  followAddress(started, window);
  window.addEventListener("online", () => {
    if (started.getSnapshot().connection.phase !== "connected") started.reconnect();
  });
  return started;
}

const subscribe = (listener: () => void) => chat().subscribe(listener);
const getSnapshot = () => (client === undefined ? initialState : client.getSnapshot());
const getServerSnapshot = () => initialState;

/** The state of the page's chat; the component renders again when it changes. */
export function useChat(): ChatState {
  return useSyncExternalStore(subscribe, getSnapshot, getServerSnapshot);
}
