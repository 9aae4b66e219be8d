import type { Person, PresenceEvent } from "./protocol";

export type { Person };

/** The most people of a room that are known by name; a server tells as many. */
export const MAX_PEOPLE = 200;

/** Who is in a room: at most MAX_PEOPLE by name, and how many in all. */
export interface PresenceState {
  readonly people: readonly Person[];
  readonly count: number;
}

/** Who is there after an event; an event that came twice changes nothing more. */
export function present(
  state: PresenceState,
  event: Pick<PresenceEvent, "joined" | "left" | "changed" | "count">,
): PresenceState {
  const people = new Map(state.people.map((person) => [person.id, person]));
  for (const { id } of event.left) people.delete(id);
  for (const person of event.joined) {
    if (people.size < MAX_PEOPLE || people.has(person.id)) people.set(person.id, person);
  }
  for (const person of event.changed) if (people.has(person.id)) people.set(person.id, person);
  return { people: [...people.values()], count: Math.max(event.count, people.size) };
}

/** People as a list shows them: you first, the others by name. */
export function arranged(people: readonly Person[], you: Person | null): readonly Person[] {
  return people.toSorted(
    (a, b) =>
      Number(b.id === you?.id) - Number(a.id === you?.id) ||
      a.name.localeCompare(b.name) ||
      (a.id < b.id ? -1 : 1),
  );
}
