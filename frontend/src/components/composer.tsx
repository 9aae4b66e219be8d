"use client";

import { type KeyboardEvent, useRef, useState } from "react";
import { SendIcon } from "./icons";

/** Where a message is written: Enter sends it, Shift+Enter breaks the line. */
export function Composer({ onSend }: { readonly onSend: (text: string) => void }) {
  const [draft, setDraft] = useState("");
  const input = useRef<HTMLTextAreaElement>(null);
  const empty = draft.trim() === "";

  function send(): void {
    input.current?.focus();
    if (empty) return;
    onSend(draft);
    setDraft("");
  }

  function onKeyDown(event: KeyboardEvent): void {
    // Enter also ends the composition of a character, which sends nothing.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  }

  return (
    <div className="flex items-end gap-2 rounded-2xl border border-line bg-surface p-1.5 focus-within:border-accent">
      <label htmlFor="draft" className="sr-only">
        Message
      </label>
      <textarea
        id="draft"
        ref={input}
        rows={1}
        value={draft}
        dir="auto"
        autoComplete="off"
        placeholder="Write a message"
        aria-describedby="composer-hint"
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={onKeyDown}
        className="field-sizing-content max-h-40 min-h-10 flex-1 resize-none px-3 py-2 leading-6 outline-none placeholder:text-muted"
      />
      <button
        type="button"
        onClick={send}
        disabled={empty}
        aria-label="Send"
        className="grid size-10 shrink-0 cursor-pointer place-content-center rounded-xl bg-accent text-on-accent hover:bg-accent-strong disabled:cursor-default disabled:bg-line disabled:text-muted"
      >
        <SendIcon className="size-5" />
      </button>
    </div>
  );
}
