import type { ChatClient } from "./client";
import { hashOfRoom, roomOfHash } from "./room-url";

/** The part of a Window that the address is read from and written to. */
export interface AddressWindow {
  readonly location: Pick<Location, "hash">;
  readonly history: Pick<History, "replaceState">;
  addEventListener(event: "hashchange", listener: () => void): void;
}

/**
 * Shows the room that the address names, now and whenever it names another. Where
 * there is no going there, the address is again that of the room that is shown.
 */
export function followAddress(
  chat: Pick<ChatClient, "openRoom" | "getSnapshot" | "tell">,
  page: AddressWindow,
): void {
  const follow = () => {
    const name = roomOfHash(page.location.hash);
    if (name === null) {
      chat.tell("The address names no room: letters, digits and -\u00a0_\u00a0. make a name.");
    } else chat.openRoom(name);
    const { current } = chat.getSnapshot();
    if (name !== current) page.history.replaceState(null, "", hashOfRoom(current));
  };
  follow();
  page.addEventListener("hashchange", follow);
}
