"use client";

import { CSPProvider } from "@base-ui/react/csp-provider";
import { Hash, Users } from "lucide-react";
import { useEffect, useId, useMemo } from "react";
import { LOBBY } from "@/chat/protocol";
import { roomOf, titleOf, troubleOf } from "@/chat/state";
import { TypingNotice } from "@/chat/typing";
import { chat, useChat } from "@/chat/use-chat";
import { Banner } from "./banner";
import { Composer } from "./composer";
import { ComposerHint } from "./composer-hint";
import { ConnectionChip } from "./connection-chip";
import { MessageList } from "./message-list";
import { Notice } from "./notice";
import { fetchPartsSoon } from "./parts";
import { Sidebar } from "./sidebar";
import { SidebarDrawer } from "./sidebar-drawer";

/** The whole page. */
export function Chat() {
  const state = useChat();
  const { connection, current, mode, outbox, notice, you, limits } = state;
  const room = roomOf(state, current);
  const hintId = useId();
  const ownOutbox = useMemo(() => outbox.filter((it) => it.room === current), [outbox, current]);
  // Where there are no messages, their place says why.
  const isTold =
    room !== undefined &&
    (room.phase === "failed" || mode === "plain") &&
    room.messages.length + room.plain.length + ownOutbox.length === 0;
  const title = titleOf(state);

  useEffect(() => {
    document.title = title;
  }, [title]);

  const isConnected = connection.phase === "connected";
  useEffect(() => (isConnected ? fetchPartsSoon() : undefined), [isConnected]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each room has its own notice
  const typing = useMemo(() => new TypingNotice((on) => chat().typing(on)), [current]);

  return (
    // The page's policy lets no style sheet be written into it.
    <CSPProvider disableStyleElements>
      <div className="flex h-dvh">
        <aside
          aria-label="Rooms and people"
          className="hidden w-60 shrink-0 border-line border-r bg-side md:block lg:w-68"
        >
          <Sidebar state={state} onChoose={() => {}} />
        </aside>

        <div className="grid min-w-0 flex-1 grid-cols-[minmax(0,1fr)] grid-rows-[auto_minmax(0,1fr)_auto]">
          <header className="flex h-14 items-center gap-2 border-line border-b px-4">
            <SidebarDrawer state={state} />
            <h1 className="flex min-w-0 items-center gap-1 font-semibold">
              <Hash aria-hidden="true" className="size-4 shrink-0 text-muted" />
              <span className="truncate">{current}</span>
            </h1>
            {mode === "chat" && room !== undefined && room.presence.count > 0 && (
              <p className="flex shrink-0 items-center gap-1 pl-1 text-muted text-sm tabular-nums">
                <Users aria-hidden="true" className="size-3.5" />
                {room.presence.count}
                <span className="sr-only"> here</span>
              </p>
            )}
            <div className="ml-auto flex min-w-0 shrink-0">
              <ConnectionChip state={state} />
            </div>
          </header>

          <main className="relative min-h-0">
            <Banner connection={connection} trouble={isTold ? "" : troubleOf(state)} />
            {room && (
              <MessageList
                key={current}
                room={room}
                outbox={ownOutbox}
                written={state.written}
                you={you}
                connected={isConnected}
                reachable={mode !== "plain" || current === LOBBY}
              />
            )}
          </main>

          <footer className="column relative pb-[calc(--spacing(1)+env(safe-area-inset-bottom))]">
            {notice !== "" && (
              <div className="absolute inset-x-4 bottom-full z-10 pb-2">
                <Notice text={notice} onDismiss={() => chat().tell("")} />
              </div>
            )}
            <Composer
              room={current}
              maxLength={limits.text}
              hintId={hintId}
              hint={(left) => <ComposerHint id={hintId} state={state} room={room} left={left} />}
              onSend={(text) => chat().send(text)}
              onDraft={(isEmpty) => typing.changed(isEmpty, Date.now())}
            />
          </footer>
        </div>
      </div>
    </CSPProvider>
  );
}
