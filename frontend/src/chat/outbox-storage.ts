import { randomKey } from "./identity";
import { type Outgoing, restored } from "./outbox";
import { load, type Store, save } from "./storage";

const PREFIX = "nudge.outbox.";
const TAB = "nudge.tab";

/** How long a reloaded page waits for the end of the one before it, in milliseconds. */
const TAKEOVER = 1000;

/** The part of the Web Locks API that tells which pages live; absent outside of secure contexts. */
export type Locks = Pick<LockManager, "request" | "query">;

/** The queue of one page in a store that all pages of the browser share. */
export interface OutboxStorage {
  /** What this page left, and what pages left that are gone; to be called once. */
  open(): Promise<readonly Outgoing[]>;
  save(outbox: readonly Outgoing[]): void;
}

/**
 * The page's queue, which outlives the page. Each page has a name of its own,
 * in session so that a reload has it again, and holds a lock by that name while
 * it lives: a queue whose name is not held is taken over by the next page.
 * Without locks every queue counts as left; by their keys its messages are
 * stored once all the same.
 */
export function outboxStorage(
  local: Store,
  session: Store,
  locks: Locks | undefined,
): OutboxStorage {
  let tab = tabOf(session);

  async function hold(): Promise<void> {
    if (locks === undefined) return;
    // A duplicated tab brings the name of one that lives.
    if (!(await held(locks, tab))) {
      tab = newTab(session);
      await held(locks, tab);
    }
  }

  /** The names of the queues whose pages live, this one's among them. */
  async function pages(): Promise<ReadonlySet<string>> {
    try {
      await hold();
      const names = ((await locks?.query())?.held ?? []).map(({ name }) => name ?? "");
      return new Set(names);
    } catch {
      return new Set(); // a browser that keeps nothing for a site may refuse locks too
    }
  }

  return {
    async open() {
      const living = await pages();
      const found = new Map<string, Outgoing>();
      for (const name of names(local)) {
        const isOwn = name === PREFIX + tab;
        if (!isOwn && living.has(name)) continue;
        // Without locks two queues may hold the same message.
        for (const entry of restored(load(local, name))) found.set(entry.key, entry);
        if (!isOwn) local.removeItem(name);
      }
      return [...found.values()].toSorted((a, b) => a.time - b.time);
    },
    save(outbox) {
      if (outbox.length === 0) local.removeItem(PREFIX + tab);
      else save(local, PREFIX + tab, outbox);
    },
  };
}

/** Takes the lock of tab for as long as the page lives; false where another holds it. */
function held(locks: Locks, tab: string): Promise<boolean> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(TAKEOVER);
    const forever = new Promise<never>(() => {});
    locks
      .request(PREFIX + tab, { signal }, () => {
        resolve(true);
        return forever;
      })
      .catch(() => resolve(false));
  });
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

function names(store: Store): string[] {
  return Array.from({ length: store.length }, (_, at) => store.key(at) ?? "").filter((name) =>
    name.startsWith(PREFIX),
  );
}
