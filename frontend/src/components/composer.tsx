"use client";

import { ArrowUp } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { type Drafts, loadDrafts, saveDrafts, withDraft } from "@/chat/drafts";
import { browserStore } from "@/chat/storage";
import { DRAFT_ID } from "./focus";
import { isTouch, useTouch } from "./use-touch";

interface ComposerProps {
  /** What the draft is for; each has its own. */
  readonly room: string;
  /** The longest text, in characters (code points). */
  readonly maxLength: number;
  readonly hintId: string;
  /** The line below, given how many characters are left. */
  readonly hint: (left: number) => ReactNode;
  readonly onSend: (text: string) => void;
  /** The draft changed; empty when there is nothing in it any more. */
  readonly onDraft: (isEmpty: boolean) => void;
}

/** The code of every key that a composition takes. */
const COMPOSING = 229;

/**
 * Where a message is written: Enter sends it, Shift+Enter breaks the line. The
 * keyboard of a touch screen has no Shift+Enter: there Enter breaks the line, and
 * the button sends. Ctrl+Enter and Cmd+Enter send everywhere.
 */
export function Composer(props: ComposerProps) {
  const [store] = useState(() => browserStore("sessionStorage"));
  const [drafts, setDrafts] = useState<Drafts>(new Map());
  const input = useRef<HTMLTextAreaElement>(null);
  const draft = drafts.get(props.room) ?? "";
  const onTouch = useTouch();
  const left = props.maxLength - [...draft].length;
  const isBlank = draft.trim() === "";
  const canSend = !isBlank && left >= 0;

  // A reader who came to another room by keyboard or click means to write there.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the room is what moves the focus
  useEffect(() => {
    if (!isTouch()) input.current?.focus();
  }, [props.room]);

  // The exported page has no drafts: what the tab kept comes once it lives.
  useEffect(() => setDrafts(loadDrafts(store)), [store]);

  function write(text: string): void {
    const next = withDraft(drafts, props.room, text);
    setDrafts(next);
    saveDrafts(store, next);
    props.onDraft(text.trim() === "");
  }

  function send(): void {
    input.current?.focus();
    if (!canSend) return;
    props.onSend(draft);
    write("");
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey) return;
    // Enter also ends the composition of a character, which sends nothing. Safari says
    // that it has ended already; there only the key's code tells.
    if (event.nativeEvent.isComposing || event.keyCode === COMPOSING) return;
    if (onTouch && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    send();
  }

  return (
    <>
      <div className="flex items-end gap-2 rounded-2xl border border-line bg-surface p-1.5 shadow-xs focus-within:border-accent">
        <label htmlFor={DRAFT_ID} className="sr-only">
          Message
        </label>
        <textarea
          id={DRAFT_ID}
          ref={input}
          rows={1}
          value={draft}
          dir="auto"
          autoComplete="off"
          enterKeyHint={onTouch ? "enter" : "send"}
          placeholder={`Message #${props.room}`}
          aria-describedby={props.hintId}
          aria-invalid={left < 0}
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={() => props.onDraft(true)}
          className="field-sizing-content max-h-40 min-h-10 min-w-0 flex-1 resize-none px-3 py-2 leading-6 outline-none placeholder:truncate placeholder:text-muted"
        />
        <button
          type="button"
          onClick={send}
          disabled={!canSend}
          aria-label="Send"
          className="grid size-10 shrink-0 cursor-pointer place-content-center rounded-xl bg-accent text-on-accent hover:bg-accent-strong disabled:cursor-default disabled:bg-hover disabled:text-muted"
        >
          <ArrowUp aria-hidden="true" className="size-5" />
        </button>
      </div>
      {props.hint(left)}
    </>
  );
}
