import { CloudAlert, MessageCircle } from "lucide-react";
import type { ReactNode } from "react";

/** What stands where messages will, until the first answer. */
export function RoomSkeleton() {
  return (
    <div aria-hidden="true" className="column animate-late pt-8">
      {["w-2/5", "w-3/5", "w-1/3", "w-1/2"].map((width) => (
        <div key={width} className="mt-4 flex gap-3 px-2 motion-safe:animate-pulse">
          <div className="size-9 shrink-0 rounded-full bg-line" />
          <div className="flex-1 pt-1">
            <div className="h-3 w-24 rounded-full bg-line" />
            <div className={`mt-2.5 h-3 rounded-full bg-line ${width}`} />
          </div>
        </div>
      ))}
    </div>
  );
}

export function EmptyRoom({ name }: { readonly name: string }) {
  return (
    <Note icon={<MessageCircle aria-hidden="true" className="size-7" />} title="No messages yet">
      Whatever anyone writes in <b className="font-semibold wrap-anywhere">#{name}</b> appears here,
      for everyone who is in it.
    </Note>
  );
}

export function FailedRoom(props: { readonly name: string; readonly reason: string }) {
  return (
    <Note
      icon={<CloudAlert aria-hidden="true" className="size-7 text-bad" />}
      title={`#${props.name} cannot be joined`}
    >
      {props.reason}
    </Note>
  );
}

export function UnreachableRoom({ name }: { readonly name: string }) {
  return (
    <Note
      icon={<CloudAlert aria-hidden="true" className="size-7" />}
      title="This server has the lobby alone"
    >
      <b className="font-semibold wrap-anywhere">#{name}</b> comes back with the next node that
      knows rooms.{" "}
      <a href="#/" className="text-accent underline underline-offset-2">
        Go to the lobby
      </a>
    </Note>
  );
}

function Note(props: {
  readonly icon: ReactNode;
  readonly title: string;
  readonly children: ReactNode;
}) {
  return (
    <div className="m-auto max-w-sm px-6 py-10 text-center">
      <div className="mx-auto mb-4 grid size-14 place-content-center rounded-full bg-hover text-accent">
        {props.icon}
      </div>
      <h2 className="mb-1 font-semibold wrap-anywhere">{props.title}</h2>
      <p className="text-muted text-sm leading-normal">{props.children}</p>
    </div>
  );
}
