"use client";

import { Menu } from "lucide-react";
import { useRef } from "react";
import { type ChatState, unreadIn } from "@/chat/state";
import { IconButton } from "./icon-button";
import { parts } from "./parts";
import { useLazy } from "./use-lazy";

/** The sidebar where there is no place beside the messages: a drawer behind a button. */
export function SidebarDrawer({ state }: { readonly state: ChatState }) {
  const opener = useRef<HTMLButtonElement>(null);
  const { Part: Popup, open, setOpen, triggerProps } = useLazy(parts.sidebar);
  const here = state.rooms.find(({ name }) => name === state.current)?.unread ?? 0;
  const elsewhere = unreadIn(state) - here;
  return (
    <>
      <IconButton
        ref={opener}
        icon={Menu}
        label={elsewhere > 0 ? `Rooms and people, ${elsewhere} new` : "Rooms and people"}
        aria-haspopup="dialog"
        aria-expanded={open}
        className={`relative -ml-2 md:hidden! ${elsewhere > 0 ? "after:absolute after:top-1.5 after:right-1.5 after:size-2 after:rounded-full after:bg-accent" : ""}`}
        {...triggerProps}
      />
      {Popup && <Popup state={state} open={open} onOpenChange={setOpen} opener={opener} />}
    </>
  );
}
