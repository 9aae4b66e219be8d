"use client";

import { useRef } from "react";
import { type ChatState, stateWord, troubleOf } from "@/chat/state";
import { parts } from "./parts";
import { useLazy } from "./use-lazy";

const dots = {
  connecting: "bg-warn motion-safe:animate-pulse",
  connected: "bg-good",
  reconnecting: "bg-warn motion-safe:animate-pulse",
  refused: "bg-bad",
} as const;

/** Which node serves the page and how; what is said at length is in its popover. */
export function ConnectionChip({ state }: { readonly state: ChatState }) {
  const opener = useRef<HTMLButtonElement>(null);
  const { Part: Popup, open, setOpen, triggerProps } = useLazy(parts.connection);
  const { connection } = state;
  const isConnected = connection.phase === "connected";
  const name = isConnected ? nodeName(state) : stateWord(state);
  return (
    <>
      <p role="status" className="sr-only">
        {statusOf(state)}
      </p>
      <button
        ref={opener}
        type="button"
        aria-haspopup="dialog"
        aria-expanded={open}
        {...triggerProps}
        className="flex h-8 min-w-0 cursor-pointer items-center gap-2 rounded-full border border-line bg-surface px-3 text-sm hover:bg-hover"
      >
        <span
          aria-hidden="true"
          className={`size-2 shrink-0 rounded-full ${dots[connection.phase]}`}
        />
        <span className="sr-only">About the connection: </span>
        <span className={`truncate sm:max-w-44 ${isConnected ? "max-w-20" : "max-w-28"}`}>
          {name}
        </span>
        {isConnected && (
          // On a phone the room's name needs the place; the popover tells it there.
          <span className="hidden text-muted text-xs sm:inline">{connection.transport}</span>
        )}
      </button>
      {Popup && <Popup state={state} open={open} onOpenChange={setOpen} opener={opener} />}
    </>
  );
}

function nodeName({ node, mode }: ChatState): string {
  if (node !== "") return node;
  return mode === "plain" ? "Older server" : "Connected";
}

function statusOf(state: ChatState): string {
  const { connection, node } = state;
  if (connection.phase !== "connected") return stateWord(state);
  const to = node === "" ? "" : ` to ${node}`;
  return `Connected${to} by ${connection.transport}. ${troubleOf(state)}`.trim();
}
