"use client";

import { cloneElement, type ReactElement, type RefObject, useRef } from "react";
import type { Question } from "./ask-popup";
import { parts } from "./parts";
import { useLazy } from "./use-lazy";

/** A button that opens a dialog that asks for one line; the dialog is fetched when it is used. */
export function AskDialog(props: {
  /** The button: its ref, its click and its hover are taken. */
  readonly trigger: ReactElement<{ ref?: RefObject<HTMLButtonElement | null> }>;
  readonly question: Question;
}) {
  const opener = useRef<HTMLButtonElement>(null);
  const { Part: Popup, open, setOpen, triggerProps } = useLazy(parts.ask);
  return (
    <>
      {cloneElement(props.trigger, {
        ref: opener,
        "aria-haspopup": "dialog",
        "aria-expanded": open,
        ...triggerProps,
      } as object)}
      {Popup && (
        <Popup question={props.question} open={open} onOpenChange={setOpen} opener={opener} />
      )}
    </>
  );
}
