"use client";

import { Dialog } from "@base-ui/react/dialog";
import { type RefObject, type SubmitEvent, useId, useRef, useState } from "react";

/** What a dialog asks for, and what becomes of the answer. */
export interface Question {
  readonly title: string;
  readonly label: string;
  readonly hint: string;
  readonly action: string;
  readonly initial?: string;
  readonly maxLength: number;
  /** Takes what was written; what is wrong with it, else null. */
  readonly onAnswer: (text: string) => Promise<string | null>;
}

/** A dialog that asks for one line. */
export default function AskPopup(props: {
  readonly question: Question;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  /** What has the focus again when it closes. */
  readonly opener: RefObject<HTMLElement | null>;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <Dialog.Root open={props.open} onOpenChange={props.onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup
          initialFocus={input}
          finalFocus={props.opener}
          className="fade fixed top-[22dvh] left-1/2 z-30 w-[min(24rem,calc(100vw-2rem))] -translate-x-1/2 rounded-2xl border border-line bg-surface p-5 shadow-xl outline-none"
        >
          <Dialog.Title className="mb-4 font-semibold">{props.question.title}</Dialog.Title>
          <AskForm
            question={props.question}
            input={input}
            onDone={() => props.onOpenChange(false)}
          />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function AskForm(props: {
  readonly question: Question;
  readonly input: RefObject<HTMLInputElement | null>;
  readonly onDone: () => void;
}) {
  const { question } = props;
  const id = useId();
  const [text, setText] = useState(question.initial ?? "");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const found = await question.onAnswer(text);
    setBusy(false);
    setProblem(found);
    if (found === null) props.onDone();
    else props.input.current?.focus();
  }

  return (
    <form onSubmit={submit}>
      <label htmlFor={id} className="mb-1.5 block text-muted text-sm">
        {question.label}
      </label>
      <input
        id={id}
        ref={props.input}
        value={text}
        dir="auto"
        autoComplete="off"
        spellCheck={false}
        maxLength={question.maxLength}
        aria-invalid={problem !== null}
        aria-describedby={`${id}-hint`}
        onChange={(event) => {
          setText(event.target.value);
          setProblem(null);
        }}
        onFocus={(event) => event.target.select()}
        className="h-10 w-full rounded-lg border border-line bg-canvas px-3 outline-none focus:border-accent aria-invalid:border-bad"
      />
      <p
        id={`${id}-hint`}
        aria-live="polite"
        className={`mt-1.5 min-h-5 text-xs leading-5 ${problem === null ? "text-muted" : "text-bad"}`}
      >
        {problem ?? question.hint}
      </p>
      <div className="mt-4 flex justify-end gap-2">
        <Dialog.Close className="h-9 cursor-pointer rounded-lg px-3 font-medium text-muted text-sm hover:bg-hover hover:text-ink">
          Cancel
        </Dialog.Close>
        <button
          type="submit"
          disabled={busy}
          className="h-9 cursor-pointer rounded-lg bg-accent px-4 font-medium text-on-accent text-sm hover:bg-accent-strong"
        >
          {question.action}
        </button>
      </div>
    </form>
  );
}
