import { Hash, Plus, X } from "lucide-react";
import { LOBBY } from "@/chat/protocol";
import type { Room } from "@/chat/room";
import { hashOfRoom, MAX_ROOM_NAME, roomNameFrom } from "@/chat/room-url";
import { chat } from "@/chat/use-chat";
import { AskDialog } from "./ask-dialog";
import { IconButton } from "./icon-button";

/** The rooms this page is in, as links. */
export function RoomList(props: {
  readonly rooms: readonly Room[];
  readonly current: string;
  readonly canJoin: boolean;
  /** A room was chosen. */
  readonly onChoose: () => void;
}) {
  return (
    <nav aria-label="Rooms">
      <div className="flex h-9 items-center justify-between pr-1 pl-3">
        <h2 className="font-medium text-muted text-xs">Rooms</h2>
        {props.canJoin && (
          <AskDialog
            trigger={<IconButton icon={Plus} label="Join a room" className="size-8!" />}
            question={{
              title: "Join a room",
              label: "Name of the room",
              hint: "A new name opens a new room. Its address can be shared.",
              action: "Join",
              maxLength: MAX_ROOM_NAME,
              onAnswer: async (text) => {
                const name = roomNameFrom(text);
                if (name === null) return "Letters, digits, - _ and . make a name.";
                window.location.hash = hashOfRoom(name);
                props.onChoose();
                return null;
              },
            }}
          />
        )}
      </div>
      <ul className="grid grid-cols-[minmax(0,1fr)] gap-0.5">
        {props.rooms.map((room) => (
          <RoomItem
            key={room.name}
            room={room}
            isCurrent={room.name === props.current}
            onChoose={props.onChoose}
          />
        ))}
      </ul>
    </nav>
  );
}

function RoomItem(props: {
  readonly room: Room;
  readonly isCurrent: boolean;
  readonly onChoose: () => void;
}) {
  const { name, unread } = props.room;
  return (
    <li className="group relative flex items-center">
      <a
        href={hashOfRoom(name)}
        aria-current={props.isCurrent ? "page" : undefined}
        onClick={props.onChoose}
        className={`flex h-9 min-w-0 flex-1 items-center gap-2 rounded-lg px-3 text-sm hover:bg-hover aria-[current=page]:bg-chosen aria-[current=page]:font-medium ${unread > 0 ? "font-semibold" : "text-muted aria-[current=page]:text-ink"} ${name === LOBBY ? "" : "group-focus-within:pr-9 group-hover:pr-9 pointer-coarse:pr-9"}`}
      >
        <Hash aria-hidden="true" className="size-4 shrink-0 text-muted" />
        <span className="truncate">{name}</span>
        {unread > 0 && (
          <span className="ml-auto min-w-5 rounded-full bg-accent px-1.5 text-center font-semibold text-[11px] text-on-accent leading-5">
            {unread > 99 ? "99+" : unread}
            <span className="sr-only"> new</span>
          </span>
        )}
      </a>
      {name !== LOBBY && (
        <IconButton
          icon={X}
          label={`Leave ${name}`}
          className="absolute! right-1 size-7! opacity-0 focus-visible:opacity-100 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100"
          onClick={({ currentTarget }) => {
            // The focus stays in the list, at the room that moves up, or the last.
            const item = currentTarget.closest("li");
            const next = item?.nextElementSibling ?? item?.previousElementSibling;
            next?.querySelector("a")?.focus();
            if (props.isCurrent) window.location.hash = hashOfRoom(LOBBY);
            chat().leaveRoom(name);
          }}
        />
      )}
    </li>
  );
}
