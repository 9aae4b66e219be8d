import { BubbleIcon } from "./icons";

export function EmptyState() {
  return (
    <div className="m-auto max-w-xs px-6 py-10 text-center">
      <BubbleIcon className="mx-auto mb-4 size-10 text-accent" />
      <h2 className="mb-1 font-semibold">No messages yet</h2>
      <p className="text-muted text-sm">
        Whatever anyone writes from now on appears here, for everyone who is connected.
      </p>
    </div>
  );
}
