import type { Connection } from "@/chat/state";

const labels = {
  connecting: "Connecting…",
  connected: "Connected",
  reconnecting: "Reconnecting…",
  refused: "Turned away",
} as const;

const dots = {
  connecting: "bg-warn motion-safe:animate-pulse",
  connected: "bg-good",
  reconnecting: "bg-warn motion-safe:animate-pulse",
  refused: "bg-bad",
} as const;

/** Whether the page is connected and how, in a box whose size never changes. */
export function ConnectionBadge({ connection }: { readonly connection: Connection }) {
  const { phase } = connection;
  return (
    <p
      role="status"
      data-phase={phase}
      className="flex h-8 w-48 items-center gap-2 rounded-full border border-line bg-surface px-3 text-sm"
    >
      <span aria-hidden="true" className={`size-2 shrink-0 rounded-full ${dots[phase]}`} />
      <span>{labels[phase]}</span>
      {phase === "connected" && (
        <span className="ml-auto text-muted text-xs" data-transport={connection.transport}>
          {connection.transport}
        </span>
      )}
    </p>
  );
}
