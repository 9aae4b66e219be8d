import type { Connection } from "@/chat/state";
import { chat } from "@/chat/use-chat";

/** One line under the composer, always as high: what a key does, or what is wrong. */
export function Hint({ connection }: { readonly connection: Connection }) {
  const text = explain(connection);
  return (
    <div className="flex h-6 items-center gap-3 px-1 text-muted text-xs">
      <p id="composer-hint" title={text} className="truncate">
        {text}
      </p>
      {connection.phase === "refused" && (
        <button
          type="button"
          onClick={chat.reconnect}
          className="shrink-0 cursor-pointer font-medium text-accent underline-offset-4 hover:underline"
        >
          Try again
        </button>
      )}
    </div>
  );
}

function explain(connection: Connection): string {
  switch (connection.phase) {
    case "connected":
      return "Enter sends, Shift+Enter breaks the line";
    case "refused":
      return `The server turned this page away: ${connection.reason}`;
    default:
      return connection.reason === ""
        ? "What you write is sent once connected"
        : `What you write is sent once connected (${connection.reason})`;
  }
}
