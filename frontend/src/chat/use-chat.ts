"use client";

import { useSyncExternalStore } from "react";
import { io } from "socket.io-client";
import { type ChatClient, type ChatSocket, createChatClient } from "./client";
import { serverOrigin } from "./server-url";
import { type ChatState, initialState } from "./state";

let client: ChatClient | undefined;

/**
 * The one chat of this page, connected on the first call. It outlives every
 * component, so that what mounts twice does not connect twice.
 */
function chatClient(): ChatClient {
  if (client === undefined) {
    const origin = serverOrigin(process.env.NEXT_PUBLIC_SERVER_URL);
    // socket.io-client's types know no engine before the first connection.
    const socket = (origin === "" ? io() : io(origin)) as unknown as ChatSocket;
    client = createChatClient(socket);
  }
  return client;
}

const subscribe = (listener: () => void) => chatClient().subscribe(listener);
const getSnapshot = () => (client === undefined ? initialState : client.getSnapshot());
const getServerSnapshot = () => initialState;

/** What the reader can do. */
export const chat = {
  send: (text: string) => chatClient().send(text),
  resend: (id: number) => chatClient().resend(id),
  discard: (id: number) => chatClient().discard(id),
  reconnect: () => chatClient().reconnect(),
  dismissRefusal: () => chatClient().dismissRefusal(),
} as const;

/** The state of the page's chat; the component renders again when it changes. */
export function useChat(): ChatState {
  return useSyncExternalStore(subscribe, getSnapshot, getServerSnapshot);
}
