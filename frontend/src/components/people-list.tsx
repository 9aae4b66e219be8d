import { arranged } from "@/chat/presence";
import type { Person } from "@/chat/protocol";
import type { Room } from "@/chat/room";
import { Avatar } from "./avatar";

/** Who is in the room: you first, the others by name. */
export function PeopleList(props: { readonly room: Room; readonly you: Person | null }) {
  const { people, count } = props.room.presence;
  return (
    <section aria-label="People here" className="min-h-0">
      <h2 className="flex h-9 items-center px-3 font-medium text-muted text-xs tabular-nums">
        Here now{count > 0 && ` · ${count}`}
      </h2>
      <ul>
        {arranged(people, props.you).map((person) => (
          <li key={person.id} className="flex h-8 items-center gap-2.5 px-3 text-sm">
            <Avatar person={person} size="small" />
            <span className="truncate">{person.name}</span>
            {person.id === props.you?.id && <span className="text-muted text-xs">you</span>}
          </li>
        ))}
        {count > people.length && (
          <li className="flex h-8 items-center px-3 text-muted text-sm">
            and {count - people.length} more
          </li>
        )}
      </ul>
    </section>
  );
}
