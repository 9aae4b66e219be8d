"use client";

import { CloudAlert, CloudOff, LoaderCircle } from "lucide-react";
import { useEffect, useState } from "react";
import type { Connection } from "@/chat/state";
import { chat } from "@/chat/use-chat";
import { reasonWords } from "@/chat/words";
import { PassingButton } from "./passing-button";

/** How long a connection may be away before the reader is told, in milliseconds. */
const GRACE = 800;

/** What a reader without a connection, or without the room, should know, laid over the messages. */
export function Banner(props: {
  readonly connection: Connection;
  /** What keeps a connected page out of the room, "" where nothing does. */
  readonly trouble: string;
}) {
  const { connection, trouble } = props;
  const isAway = connection.phase === "reconnecting";
  const [late, setLate] = useState(false);

  useEffect(() => {
    if (!isAway) return;
    const timer = setTimeout(() => setLate(true), GRACE);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [isAway]);

  if (connection.phase === "refused") {
    return (
      <Pill>
        <CloudOff aria-hidden="true" className="size-4 shrink-0 text-bad" />
        <span className="min-w-0 flex-1 wrap-anywhere">
          The server turned this page away: {reasonWords(connection.reason)}
        </span>
        <TryNow label="Try again" />
      </Pill>
    );
  }
  if (trouble !== "") {
    return (
      <Pill>
        <CloudAlert aria-hidden="true" className="size-4 shrink-0 text-warn" />
        <span className="min-w-0 flex-1 py-1 pr-2 wrap-anywhere">{trouble}</span>
      </Pill>
    );
  }
  if (!isAway || !late) return null;
  return (
    <Pill>
      <LoaderCircle
        aria-hidden="true"
        className="size-4 shrink-0 text-warn motion-safe:animate-spin"
      />
      <span className="flex-1">
        Reconnecting.<span className="hidden sm:inline"> What you write is kept and sent.</span>
      </span>
      <TryNow label="Try now" />
    </Pill>
  );
}

function Pill({ children }: { readonly children: React.ReactNode }) {
  return (
    <div
      data-banner=""
      className="fade-in absolute inset-x-4 top-3 z-10 mx-auto flex items-center gap-2.5 sm:w-fit rounded-xl border border-line bg-surface py-1.5 pr-1.5 pl-3.5 text-sm shadow-lg"
    >
      {children}
    </div>
  );
}

function TryNow({ label }: { readonly label: string }) {
  return (
    <PassingButton
      onClick={() => chat().reconnect()}
      className="h-7 shrink-0 cursor-pointer rounded-lg px-2.5 font-medium text-accent hover:bg-hover"
    >
      {label}
    </PassingButton>
  );
}
