import { colourOf, initialsOf } from "@/chat/people";
import type { Person } from "@/chat/protocol";

const sizes = { small: "size-6 text-[10px]", large: "size-9 text-xs" } as const;

/** The class by which someone's colour is that of all their things. */
export function whoClass(person: Person | null): string {
  return person === null ? "who-none" : `who-${colourOf(person.id)}`;
}

/** Someone's initials in their colour; decoration, since the name stands beside it. */
export function Avatar(props: {
  readonly person: Person | null;
  readonly size: keyof typeof sizes;
}) {
  const { person, size } = props;
  return (
    <span
      aria-hidden="true"
      className={`grid shrink-0 select-none place-content-center rounded-full bg-who font-semibold text-who ${sizes[size]} ${whoClass(person)}`}
    >
      {person === null ? "–" : initialsOf(person.name)}
    </span>
  );
}
