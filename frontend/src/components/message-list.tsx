"use client";

import { ArrowDown } from "lucide-react";
import { useEffect, useMemo } from "react";
import { Virtualizer } from "virtua";
import type { Outgoing } from "@/chat/outbox";
import type { Person } from "@/chat/protocol";
import type { Room } from "@/chat/room";
import { rowsOf } from "@/chat/rows";
import { chat } from "@/chat/use-chat";
import { problemWords } from "@/chat/words";
import { LOG_ID } from "./focus";
import { MessageRow } from "./message-row";
import { PassingButton } from "./passing-button";
import { EmptyRoom, FailedRoom, RoomSkeleton, UnreachableRoom } from "./room-states";
import { useFollowEnd } from "./use-follow-end";
import { usePageVisible } from "./use-page-visible";
import { useSteadyRows } from "./use-steady-rows";

/** How high what stands above the first message is, in CSS pixels. */
const TOP = 56;
/** How near to the first message older ones are fetched, in CSS pixels. */
const NEAR_TOP = 800;

interface MessageListProps {
  readonly room: Room;
  readonly outbox: readonly Outgoing[];
  /** Changes with each message that the reader writes. */
  readonly written: number;
  readonly you: Person | null;
  readonly connected: boolean;
  /** Whether the server can tell of this room at all. */
  readonly reachable: boolean;
}

/** The messages of a room, oldest first; only those in view are in the document. */
export function MessageList(props: MessageListProps) {
  const { room, outbox, written, you, connected, reachable } = props;
  const isIn = reachable && room.phase === "ready" && room.problem === null;
  const waitsFor = !connected ? "the connection" : isIn ? "" : "the room";
  const all = useMemo(() => rowsOf(room, outbox, you), [room, outbox, you]);
  const { rows, isShifted } = useSteadyRows(all);
  const { scroller, content, isFollowing, toEnd } = useFollowEnd(rows.length, written);
  const visible = usePageVisible();

  useEffect(() => {
    chat().attend(isFollowing && visible);
  }, [isFollowing, visible]);

  function loadNearTop(offset: number): void {
    if (offset < NEAR_TOP && room.more && room.older === "idle" && connected) chat().loadOlder();
  }
  // A page that is not full of messages has no scrolling to ask for more.
  useEffect(() => {
    if (rows.length > 0) loadNearTop(scroller.current?.scrollTop ?? 0);
  });

  const isEmpty = rows.length === 0;
  return (
    <>
      <div
        ref={scroller}
        id={LOG_ID}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
        tabIndex={0}
        role="log"
        aria-label={`Messages in ${room.name}`}
        // Rows that come into view by scrolling are no news.
        aria-live={isFollowing ? "polite" : "off"}
        aria-busy={room.phase === "waiting"}
        className="inset-focus flex h-full flex-col overflow-y-auto overscroll-contain [overflow-anchor:none]"
      >
        {isEmpty ? (
          <RoomNote room={room} reachable={reachable} />
        ) : (
          <div ref={content} className="pb-3">
            <ListTop room={room} connected={connected} />
            <Virtualizer
              scrollRef={scroller}
              startMargin={TOP}
              shift={isShifted}
              data={rows}
              bufferSize={400}
              onScroll={loadNearTop}
            >
              {(row) => <MessageRow key={row.key} row={row} waitsFor={waitsFor} />}
            </Virtualizer>
          </div>
        )}
      </div>
      {!isFollowing && !isEmpty && (
        <PassingButton
          onClick={toEnd}
          className={`fade-in absolute bottom-3 left-1/2 z-10 flex h-9 -translate-x-1/2 cursor-pointer items-center gap-1.5 rounded-full border px-4 font-medium text-sm shadow-lg ${
            room.unread > 0
              ? "border-transparent bg-accent text-on-accent hover:bg-accent-strong"
              : "border-line bg-surface hover:bg-hover"
          }`}
        >
          <ArrowDown aria-hidden="true" className="size-4" />
          {room.unread > 0 ? `${room.unread} new` : "Latest"}
        </PassingButton>
      )}
    </>
  );
}

function RoomNote({ room, reachable }: { readonly room: Room; readonly reachable: boolean }) {
  if (room.phase === "failed") {
    return (
      <FailedRoom
        name={room.name}
        reason={room.problem === null ? "" : problemWords(room.problem)}
      />
    );
  }
  if (!reachable) return <UnreachableRoom name={room.name} />;
  return room.phase === "ready" ? <EmptyRoom name={room.name} /> : <RoomSkeleton />;
}

/** What stands above the first message: always as high. */
function ListTop({ room, connected }: { readonly room: Room; readonly connected: boolean }) {
  return (
    <div className="column flex h-14 items-end justify-center pb-1 text-muted text-sm">
      {room.older === "failed" && connected ? (
        <PassingButton
          onClick={() => chat().loadOlder()}
          className="cursor-pointer font-medium text-accent underline-offset-4 hover:underline"
        >
          Older messages did not come. Try again
        </PassingButton>
      ) : room.more ? (
        <span>{room.older === "loading" ? "Older messages…" : ""}</span>
      ) : (
        <span className="truncate">
          {room.phase !== "ready" || room.plain.length > 0 ? "" : `The beginning of #${room.name}`}
        </span>
      )}
    </div>
  );
}
