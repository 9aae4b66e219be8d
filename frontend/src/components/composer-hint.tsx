import type { Room } from "@/chat/room";
import type { ChatState } from "@/chat/state";
import { typingText } from "@/chat/typing";
import { reasonWords } from "@/chat/words";
import { useTouch } from "./use-touch";

/** One line under the composer, always as high: who types, what is different, what a key does. */
export function ComposerHint(props: {
  readonly id: string;
  readonly state: ChatState;
  readonly room: Room | undefined;
  /** How many characters are left, shown once they are few. */
  readonly left: number;
}) {
  const isTouch = useTouch();
  const typing = typingText(props.room?.typing.map(({ person }) => person) ?? []);
  return (
    <div className="flex h-6 items-center gap-3 px-2 text-muted text-xs">
      <p id={props.id} className="min-w-0 flex-1 truncate">
        {typing || hintOf(props.state, isTouch)}
      </p>
      {props.left < 200 && (
        <p className={`shrink-0 tabular-nums ${props.left < 0 ? "font-medium text-bad" : ""}`}>
          {props.left < 0 ? `${-props.left} too many` : `${props.left} left`}
        </p>
      )}
    </div>
  );
}

function hintOf({ connection, mode }: ChatState, isTouch: boolean): string {
  if (connection.phase !== "connected") {
    const reason = reasonWords(connection.reason);
    return `Sent once connected${reason === "" ? "" : `: ${reason}`}`;
  }
  if (mode === "plain") return "An older server: plain messages only, no names or history";
  if (isTouch) return "Enter breaks the line, the button sends";
  return "Enter sends, Shift+Enter breaks the line";
}
