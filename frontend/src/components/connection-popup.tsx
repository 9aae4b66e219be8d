"use client";

import { Popover } from "@base-ui/react/popover";
import type { RefObject } from "react";
import { type ChatState, stateWord } from "@/chat/state";
import { reasonWords } from "@/chat/words";

/** What there is to know of the connection. */
export default function ConnectionPopup(props: {
  readonly state: ChatState;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly opener: RefObject<HTMLElement | null>;
}) {
  const { state } = props;
  const { connection, node, mode } = state;
  return (
    <Popover.Root open={props.open} onOpenChange={props.onOpenChange}>
      <Popover.Portal>
        <Popover.Positioner sideOffset={8} align="end" anchor={props.opener} className="z-20">
          <Popover.Popup
            finalFocus={props.opener}
            className="fade w-72 rounded-xl border border-line bg-surface p-4 shadow-xl outline-none"
          >
            <Popover.Title className="mb-3 font-semibold text-sm">Connection</Popover.Title>
            <dl className="grid grid-cols-[5rem_minmax(0,1fr)] gap-y-2 text-sm">
              <Fact label="State" value={stateWord(state)} />
              {"reason" in connection && connection.reason !== "" && (
                <Fact label="Reason" value={reasonWords(connection.reason)} />
              )}
              {node !== "" && <Fact label="Node" value={node} />}
              {connection.phase === "connected" && (
                <Fact label="Transport" value={connection.transport} />
              )}
              {mode !== "unknown" && (
                <Fact
                  label="Protocol"
                  value={mode === "chat" ? "Nudge chat, version 1" : "Plain messages only"}
                />
              )}
            </dl>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Fact(props: { readonly label: string; readonly value: string }) {
  return (
    <>
      <dt className="text-muted">{props.label}</dt>
      <dd className="wrap-anywhere">{props.value}</dd>
    </>
  );
}
