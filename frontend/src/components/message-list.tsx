import { memo } from "react";
import type { Message } from "@/chat/state";
import { MessageText } from "./message-text";

const Item = memo(function Item({ text }: { readonly text: string }) {
  return (
    <li className="rounded-xl border border-line bg-surface px-4 py-2.5">
      <MessageText text={text} />
    </li>
  );
});

/** What arrived, oldest first; new messages are read out as they come. */
export function MessageList({ messages }: { readonly messages: readonly Message[] }) {
  return (
    <div role="log" aria-label="Messages">
      {messages.length > 0 && (
        <ol className="grid gap-2">
          {messages.map(({ id, text }) => (
            <Item key={id} text={text} />
          ))}
        </ol>
      )}
    </div>
  );
}
