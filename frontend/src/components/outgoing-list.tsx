import type { Delivery, Outgoing } from "@/chat/state";
import { chat } from "@/chat/use-chat";
import { MessageText } from "./message-text";

/** What was written here and has not come back, oldest first. */
export function OutgoingList({ outgoing }: { readonly outgoing: readonly Outgoing[] }) {
  if (outgoing.length === 0) return null;
  return (
    <ol aria-label="Your messages on their way" className="mt-2 grid gap-2">
      {outgoing.map((message) => (
        <OutgoingItem key={message.id} message={message} />
      ))}
    </ol>
  );
}

function OutgoingItem({ message: { id, text, delivery } }: { readonly message: Outgoing }) {
  const { status } = delivery;
  const failed = status === "failed";
  const settled = failed || status === "unconfirmed";
  return (
    <li
      data-delivery={status}
      className={`rounded-xl border px-4 py-2.5 ${
        failed ? "border-bad bg-bad-surface" : "border-line border-dashed bg-surface"
      }`}
    >
      <MessageText text={text} />
      {/* What is only on its way says so when it takes long: most come back at once. */}
      {(status === "sent" || status === "accepted") && (
        <p className="h-5 animate-late text-muted text-sm">Sending…</p>
      )}
      {status === "waiting" && <p className="text-muted text-sm">Waits for the connection</p>}
      {settled && (
        <p role="alert" className={`text-sm ${failed ? "text-bad" : "text-muted"}`}>
          {explain(delivery)}
        </p>
      )}
      {(settled || status === "waiting") && (
        <p className="mt-1 flex gap-4 text-sm">
          {settled && <Action label="Send again" onClick={() => chat.resend(id)} />}
          <Action label="Discard" onClick={() => chat.discard(id)} />
        </p>
      )}
    </li>
  );
}

function explain(delivery: Delivery): string {
  return delivery.status === "failed"
    ? `Not delivered: ${delivery.failure.message}`
    : "No answer came back: this may or may not have arrived.";
}

function Action({ label, onClick }: { readonly label: string; readonly onClick: () => void }) {
  return (
    <button
      type="button"
      onClick={onClick}
      className="min-h-6 cursor-pointer font-medium text-accent underline-offset-4 hover:underline"
    >
      {label}
    </button>
  );
}
