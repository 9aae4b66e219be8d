import { randomKey } from "./identity";
import type { LivingPages } from "./living-pages";
import { type Outgoing, restored, without } from "./outbox";
import { load, names, type Store, save } from "./storage";

const PREFIX = "nudge.outbox.";
const TAB = "nudge.tab";

/** The time between two looks for what pages left that are gone, in milliseconds. */
export const LOOK = 30_000;

/** The queue of one page in a store that all pages of the browser share. */
export interface OutboxStorage {
  /**
   * Calls found once with what this page left, and with what others left that are
   * gone, and again whenever another is gone that left something; to be called once.
   */
  open(found: (entries: readonly Outgoing[]) => void): void;
  /**
   * Keeps outbox, and returns what of it is this page's still: a page that was
   * frozen for long may find that another has taken over what it had.
   */
  save(outbox: readonly Outgoing[]): readonly Outgoing[];
}

/**
 * The page's queue, which outlives the page. Each page has a name of its own, in
 * session so that a reload has it again, and holds that name while it lives: a
 * queue whose name nobody holds is taken over by another page.
 */
export function outboxStorage(local: Store, session: Store, pages: LivingPages): OutboxStorage {
  let tab = tabOf(session);
  let saved: readonly Outgoing[] = [];

  async function hold(): Promise<void> {
    // A duplicated tab brings the name of one that lives.
    while (!(await pages.hold(PREFIX + tab))) tab = newTab(session);
  }

  function keep(outbox: readonly Outgoing[]): void {
    saved = outbox;
    if (outbox.length === 0) local.removeItem(PREFIX + tab);
    else save(local, PREFIX + tab, outbox);
  }

  /** Takes over what pages left that are gone, and tells at once of what each left. */
  async function takeOver(tell: (entries: readonly Outgoing[]) => void): Promise<void> {
    for (const name of names(local, PREFIX)) {
      if (name === PREFIX + tab) continue;
      await pages.ifGone(name, () => {
        // A page that ended while it took over left the same message twice.
        const left = without(restored(load(local, name)), ...saved.map(({ key }) => key));
        if (left.length > 0) keep([...saved, ...left]);
        local.removeItem(name);
        if (left.length > 0) tell(left);
      });
    }
  }

  return {
    async open(found) {
      await hold();
      const all = [...restored(load(local, PREFIX + tab))];
      keep(all);
      await takeOver((entries) => all.push(...entries));
      found(all.toSorted((a, b) => a.time - b.time));
      setInterval(() => void takeOver(found), LOOK);
    },
    save(outbox) {
      if (pages.has(PREFIX + tab)) {
        keep(outbox);
        return outbox;
      }
      const kept = without(outbox, ...saved.map(({ key }) => key));
      tab = newTab(session);
      void hold();
      keep(kept);
      return kept;
    },
  };
}

function tabOf(session: Store): string {
  const known = load(session, TAB);
  return typeof known === "string" && known !== "" ? known : newTab(session);
}

function newTab(session: Store): string {
  const tab = randomKey(12);
  save(session, TAB, tab);
  return tab;
}
