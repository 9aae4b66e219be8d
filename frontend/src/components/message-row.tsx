import { memo } from "react";
import { clockOf, dayOf, momentOf, shortClockOf } from "@/chat/dates";
import { isSameRow, type Row } from "@/chat/rows";
import { Avatar, whoClass } from "./avatar";
import { DeliveryMark, DeliveryNote } from "./delivery";
import { MessageText } from "./message-text";

/** One message, and the lines that stand above it. */
export const MessageRow = memo(
  function MessageRow({ row, waitsFor }: { readonly row: Row; readonly waitsFor: string }) {
    const { person, time, head } = row;
    const name = person?.name ?? "Someone";
    return (
      <div className="column">
        {row.hole && (
          <Divider label="Some messages are no longer kept here" className="text-muted" />
        )}
        {row.day && <Divider label={dayOf(time, Date.now())} className="text-muted" />}
        {row.unread && <Divider label="New" className="text-accent" />}
        <article
          aria-label={`${name}, ${clockOf(time)}`}
          data-key={row.key}
          data-delivery={row.delivery}
          className={`group relative grid grid-cols-[2.25rem_minmax(0,1fr)_1rem] gap-x-3 rounded-lg px-2 py-0.5 hover:bg-hover ${head ? "mt-2.5" : ""}`}
        >
          {head ? (
            <div className="pt-0.5">
              <Avatar person={person} size="large" />
            </div>
          ) : (
            <time
              dateTime={new Date(time).toISOString()}
              title={momentOf(time)}
              className="invisible whitespace-nowrap pt-1 text-right text-[11px] text-muted tabular-nums leading-4 group-hover:visible"
            >
              {shortClockOf(time)}
            </time>
          )}
          <div className="min-w-0">
            {head && (
              <p className="flex items-baseline gap-2 leading-5">
                <span
                  className={`truncate font-semibold text-sm text-who ${whoClass(person)}`}
                  title={
                    person === null ? "Sent by a page or server that gives no name" : undefined
                  }
                >
                  {name}
                </span>
                <time
                  dateTime={new Date(time).toISOString()}
                  title={momentOf(time)}
                  className="shrink-0 text-muted text-xs tabular-nums"
                >
                  {clockOf(time)}
                </time>
              </p>
            )}
            <MessageText text={row.text} />
            <DeliveryNote row={row} waitsFor={waitsFor} />
          </div>
          <DeliveryMark delivery={row.delivery} />
        </article>
      </div>
    );
  },
  (before, after) => before.waitsFor === after.waitsFor && isSameRow(before.row, after.row),
);

function Divider(props: { readonly label: string; readonly className: string }) {
  return (
    <div
      data-divider=""
      className={`flex items-center gap-3 px-2 pt-4 pb-1 font-medium text-xs ${props.className}`}
    >
      <span className="h-px flex-1 bg-current opacity-25" />
      <span>{props.label}</span>
      <span className="h-px flex-1 bg-current opacity-25" />
    </div>
  );
}
