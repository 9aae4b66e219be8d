"use client";

import { chat, useChat } from "@/chat/use-chat";
import { Composer } from "./composer";
import { ConnectionBadge } from "./connection-badge";
import { EmptyState } from "./empty-state";
import { Hint } from "./hint";
import { MessageList } from "./message-list";
import { OutgoingList } from "./outgoing-list";
import { RefusalNotice } from "./refusal-notice";
import { useStickToEnd } from "./use-stick-to-end";

const column = "mx-auto w-full max-w-3xl px-4";

export function Chat() {
  const { connection, messages, received, outgoing, refusal } = useChat();
  const { ref, unseen, toEnd } = useStickToEnd(received, outgoing.at(-1)?.id ?? 0);
  const empty = messages.length === 0 && outgoing.length === 0;

  return (
    <div className="grid h-dvh grid-rows-[auto_minmax(0,1fr)_auto]">
      <header className="border-line border-b">
        <div className={`${column} flex h-14 items-center justify-between`}>
          <h1 className="font-semibold text-lg tracking-tight">Nudge</h1>
          <ConnectionBadge connection={connection} />
        </div>
      </header>

      <main ref={ref} className="flex flex-col overflow-y-auto overscroll-contain">
        <div className={`${column} flex grow flex-col py-4`}>
          {empty ? <EmptyState /> : <div className="grow" />}
          <MessageList messages={messages} />
          <OutgoingList outgoing={outgoing} />
        </div>
      </main>

      <footer className={`${column} relative pb-[calc(--spacing(2)+env(safe-area-inset-bottom))]`}>
        <div className="absolute inset-x-4 bottom-full grid gap-2 pb-2">
          {unseen > 0 && (
            <button
              type="button"
              onClick={toEnd}
              className="cursor-pointer justify-self-center rounded-full bg-accent px-4 py-1.5 font-medium text-on-accent text-sm shadow-lg hover:bg-accent-strong"
            >
              {unseen} new
            </button>
          )}
          {refusal && <RefusalNotice refusal={refusal} onDismiss={chat.dismissRefusal} />}
        </div>
        <Composer onSend={chat.send} />
        <Hint connection={connection} />
      </footer>
    </div>
  );
}
