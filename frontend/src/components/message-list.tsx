"use client";

import { ArrowDown } from "lucide-react";
import { useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import type { Outgoing } from "@/chat/outbox";
import type { Person } from "@/chat/protocol";
import type { Room } from "@/chat/room";
import { rowsOf } from "@/chat/rows";
import { chat } from "@/chat/use-chat";
import { MessageRow } from "./message-row";
import { EmptyRoom, FailedRoom, RoomSkeleton, UnreachableRoom } from "./room-states";
import { useFollowEnd } from "./use-follow-end";
import { usePageVisible } from "./use-page-visible";

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
  const waitsFor = !connected ? "the connection" : room.phase !== "ready" ? "the room" : "";
  const rows = useMemo(() => rowsOf(room, outbox, you), [room, outbox, you]);
  const { scroller, content, isFollowing, toEnd } = useFollowEnd(rows.length, written);
  const list = useRef<VirtualizerHandle>(null);
  const visible = usePageVisible();

  // What was put before the first row since the last render keeps its distance from the end.
  const first = useRef<string | undefined>(undefined);
  const firstKey = rows[0]?.key;
  const isPrepended =
    first.current !== undefined &&
    first.current !== firstKey &&
    rows.some(({ key }) => key === first.current);
  useLayoutEffect(() => {
    first.current = firstKey;
  }, [firstKey]);

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
              ref={list}
              scrollRef={scroller}
              startMargin={TOP}
              shift={isPrepended}
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
        <button
          type="button"
          onClick={toEnd}
          className={`fade-in absolute bottom-3 left-1/2 z-10 flex h-9 -translate-x-1/2 cursor-pointer items-center gap-1.5 rounded-full border px-4 font-medium text-sm shadow-lg ${
            room.unread > 0
              ? "border-transparent bg-accent text-on-accent hover:bg-accent-strong"
              : "border-line bg-surface hover:bg-hover"
          }`}
        >
          <ArrowDown aria-hidden="true" className="size-4" />
          {room.unread > 0 ? `${room.unread} new` : "Latest"}
        </button>
      )}
    </>
  );
}

function RoomNote({ room, reachable }: { readonly room: Room; readonly reachable: boolean }) {
  if (room.phase === "failed") {
    return <FailedRoom name={room.name} reason={room.problem?.message ?? ""} />;
  }
  if (!reachable) return <UnreachableRoom name={room.name} />;
  return room.phase === "ready" ? <EmptyRoom name={room.name} /> : <RoomSkeleton />;
}

/** What stands above the first message: always as high. */
function ListTop({ room, connected }: { readonly room: Room; readonly connected: boolean }) {
  return (
    <div className="column flex h-14 items-end justify-center pb-1 text-muted text-sm">
      {room.older === "failed" && connected ? (
        <button
          type="button"
          onClick={() => chat().loadOlder()}
          className="cursor-pointer font-medium text-accent underline-offset-4 hover:underline"
        >
          Older messages did not come. Try again
        </button>
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
