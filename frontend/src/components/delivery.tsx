import { Check, CircleAlert, Clock } from "lucide-react";
import type { Delivery, Row } from "@/chat/rows";
import { chat } from "@/chat/use-chat";
import { problemWords } from "@/chat/words";
import { PassingButton } from "./passing-button";

/** A small sign of how one's own message stands, always in the same place. */
export function DeliveryMark({ delivery }: { readonly delivery: Delivery }) {
  switch (delivery) {
    case "none":
      return null;
    case "sent":
      return <Check role="img" aria-label="Sent" className="mt-1.5 size-3.5 text-muted" />;
    case "sending":
      // Most are sent before anyone could read that they are on their way.
      return (
        <Clock
          role="img"
          aria-label="Sending"
          className="mt-1.5 size-3.5 animate-late text-muted"
        />
      );
    case "waiting":
      return <Clock role="img" aria-label="Waiting" className="mt-1.5 size-3.5 text-muted" />;
    default:
      return <CircleAlert role="img" aria-label="Not sent" className="mt-1.5 size-3.5 text-bad" />;
  }
}

/**
 * What became of a message that is not sent, and what can be done. waitsFor is what
 * is not there for one that waits, "" where it only waits for its turn.
 */
export function DeliveryNote(props: { readonly row: Row; readonly waitsFor: string }) {
  const { key, delivery, problem } = props.row;
  if (delivery === "failed" || delivery === "uncertain") {
    return (
      <div role="alert" className="flex flex-wrap items-center gap-x-3 text-bad text-sm">
        <span className="wrap-anywhere">
          {delivery === "failed"
            ? `Not sent. ${problem === null ? "" : problemWords(problem)}`
            : "No answer came back: this may or may not have arrived."}
        </span>
        <Action label="Send again" onClick={() => chat().resend(key)} />
        <Action label="Discard" onClick={() => chat().discard(key)} />
      </div>
    );
  }
  if (delivery === "waiting" && props.waitsFor !== "") {
    return (
      <p className="flex flex-wrap items-center gap-x-3 text-muted text-sm">
        Waits for {props.waitsFor}
        <Action label="Discard" onClick={() => chat().discard(key)} />
      </p>
    );
  }
  if ((delivery === "waiting" || delivery === "sending") && problem !== null) {
    return (
      <p className="flex flex-wrap items-center gap-x-3 text-muted text-sm">
        <span className="wrap-anywhere">
          Not sent yet. {problemWords(problem)} It is tried again.
        </span>
        {delivery === "waiting" && <Action label="Discard" onClick={() => chat().discard(key)} />}
      </p>
    );
  }
  return null;
}

function Action({ label, onClick }: { readonly label: string; readonly onClick: () => void }) {
  return (
    <PassingButton
      onClick={onClick}
      className="min-h-6 cursor-pointer font-medium text-accent underline-offset-4 hover:underline"
    >
      {label}
    </PassingButton>
  );
}
