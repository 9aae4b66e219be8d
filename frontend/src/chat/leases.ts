import { randomKey } from "./identity";
import type { LivingPages, PageEvents } from "./living-pages";
import { load, names, type Store, save } from "./storage";

/**
 * How long a page counts as living after it last said so, in milliseconds: a page
 * in the background may have its timers run once a minute.
 */
export const LEASE = 150_000;
/** The time between two such signs, in milliseconds. */
export const RENEWAL = 15_000;

const PREFIX = "nudge.lease.";

interface Lease {
  /** The page that has it, also when it is over, until another takes the name. */
  readonly page: string;
  /** In milliseconds since 1970; 0 when the page has gone. */
  readonly until: number;
}

/**
 * Living pages by what they write into the store that they share. One that is
 * frozen for longer than its lease may be taken for gone; has tells it then.
 */
export function leases(store: Store, events: PageEvents, now: () => number): LivingPages {
  const page = randomKey(12);
  const held = new Set<string>();

  /** The page that has the lease under key, undefined where none that lives has it. */
  function holder(key: string): string | undefined {
    const { page: other, until } = (load(store, key) ?? {}) as Partial<Lease>;
    if (typeof other !== "string" || typeof until !== "number") return undefined;
    // One that ends later than any lease does is from before the clock was set back.
    return other === page || (until > now() && until <= now() + LEASE) ? other : undefined;
  }

  function sign(until: number): void {
    for (const key of held) {
      if (holder(key) === page) save(store, key, { page, until } satisfies Lease);
    }
  }
  const renew = () => sign(now() + LEASE);

  function begin(): void {
    for (const key of names(store, PREFIX)) {
      if (holder(key) === undefined) store.removeItem(key);
    }
    let renewal = setInterval(renew, RENEWAL);
    events.addEventListener("pagehide", () => {
      clearInterval(renewal);
      sign(0);
    });
    events.addEventListener("pageshow", () => {
      clearInterval(renewal);
      renewal = setInterval(renew, RENEWAL);
      renew();
    });
  }

  return {
    async hold(name) {
      if (held.size === 0) begin();
      const key = PREFIX + name;
      const other = holder(key);
      if (other !== undefined && other !== page) return false;
      held.add(key);
      save(store, key, { page, until: now() + LEASE } satisfies Lease);
      return true;
    },
    has: (name) => holder(PREFIX + name) === page,
    async ifGone(name, take) {
      if (holder(PREFIX + name) !== undefined) return;
      store.removeItem(PREFIX + name);
      take();
    },
  };
}
