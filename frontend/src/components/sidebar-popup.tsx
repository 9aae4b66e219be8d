"use client";

import { Dialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { RefObject } from "react";
import type { ChatState } from "@/chat/state";
import { IconButton } from "./icon-button";
import { Sidebar } from "./sidebar";

/** The sidebar as a drawer over the page. */
export default function SidebarPopup(props: {
  readonly state: ChatState;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly opener: RefObject<HTMLElement | null>;
}) {
  return (
    <Dialog.Root open={props.open} onOpenChange={props.onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup
          finalFocus={props.opener}
          className="slide fixed inset-y-0 left-0 z-20 w-72 max-w-[85vw] border-line border-r bg-side shadow-xl outline-none"
        >
          <Dialog.Title className="sr-only">Rooms and people</Dialog.Title>
          <Sidebar state={props.state} onChoose={() => props.onOpenChange(false)} />
          <Dialog.Close
            render={<IconButton icon={X} label="Close" className="absolute! top-2.5 right-2" />}
          />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
