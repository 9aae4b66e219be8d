import { LOBBY } from "@/chat/protocol";
import { type ChatState, roomOf } from "@/chat/state";
import { PeopleList } from "./people-list";
import { Profile } from "./profile";
import { RoomList } from "./room-list";

/** Rooms, people and the reader: beside the messages, or in a drawer on a phone. */
export function Sidebar(props: { readonly state: ChatState; readonly onChoose: () => void }) {
  const { mode, features, rooms, current, you, limits } = props.state;
  const room = roomOf(props.state, current);
  const isPlain = mode === "plain";
  return (
    <div className="flex h-full min-h-0 flex-col">
      <p className="flex h-14 shrink-0 items-center px-5 font-semibold text-[17px] tracking-tight">
        Nudge
      </p>
      <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto px-2 pb-4">
        <RoomList
          rooms={isPlain ? rooms.filter(({ name }) => name === LOBBY) : rooms}
          current={current}
          canJoin={features.includes("rooms") && !isPlain}
          onChoose={props.onChoose}
        />
        {room && features.includes("presence") && !isPlain && <PeopleList room={room} you={you} />}
      </div>
      <div className="min-h-18 shrink-0 border-line border-t p-2">
        {you && !isPlain && <Profile you={you} maxLength={limits.name} />}
      </div>
    </div>
  );
}
