import { Pencil } from "lucide-react";
import { nameFrom, nameProblem } from "@/chat/name";
import type { Person } from "@/chat/protocol";
import { chat } from "@/chat/use-chat";
import { problemWords } from "@/chat/words";
import { AskDialog } from "./ask-dialog";
import { Avatar } from "./avatar";

/** Who the reader is, and the way to another name. */
export function Profile(props: { readonly you: Person; readonly maxLength: number }) {
  const { you, maxLength } = props;
  return (
    <AskDialog
      trigger={
        <button
          type="button"
          className="group flex w-full cursor-pointer items-center gap-2.5 rounded-lg p-2 text-left hover:bg-hover"
        >
          <Avatar person={you} size="large" />
          <span className="min-w-0 flex-1">
            <span className="block truncate font-medium text-sm leading-5">{you.name}</span>
            <span className="block text-muted text-xs leading-4">Change your name</span>
          </span>
          <Pencil aria-hidden="true" className="size-4 text-muted" />
        </button>
      }
      question={{
        title: "Your name",
        label: "What others see",
        hint: `At most ${maxLength} characters.`,
        action: "Save",
        initial: you.name,
        maxLength: maxLength * 2,
        onAnswer: async (text) => {
          const name = nameFrom(text);
          const own = nameProblem(name, maxLength);
          if (own !== null) return own;
          const problem = await chat().rename(name);
          return problem && problemWords(problem);
        },
      }}
    />
  );
}
