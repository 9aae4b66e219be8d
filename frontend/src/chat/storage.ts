/** The part of localStorage and sessionStorage that the chat uses. */
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/**
 * A store that is in memory alone: where a browser keeps nothing, the chat
 * works and forgets.
 */
export function memoryStore(): Store {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    key: (at) => [...items.keys()][at] ?? null,
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => {
      items.set(name, value);
    },
    removeItem: (name) => {
      items.delete(name);
    },
  };
}

/** The browser's store of that kind, or one in memory where it refuses. */
export function browserStore(kind: "localStorage" | "sessionStorage"): Store {
  try {
    return withOverflow(window[kind]);
  } catch {
    return memoryStore();
  }
}

/** A store that remembers what store has no room for as long as the page lives. */
export function withOverflow(store: Store): Store {
  const overflow = new Map<string, string>();
  return {
    get length() {
      return store.length;
    },
    key: (at) => store.key(at),
    getItem: (name) => overflow.get(name) ?? store.getItem(name),
    setItem(name, value) {
      try {
        store.setItem(name, value);
        overflow.delete(name);
      } catch {
        overflow.set(name, value);
      }
    },
    removeItem(name) {
      overflow.delete(name);
      store.removeItem(name);
    },
  };
}

/** The names in store that begin with prefix. */
export function names(store: Store, prefix: string): readonly string[] {
  return Array.from({ length: store.length }, (_, at) => store.key(at) ?? "").filter((name) =>
    name.startsWith(prefix),
  );
}

/** The JSON value under name, undefined where there is none that can be read. */
export function load(store: Store, name: string): unknown {
  try {
    const text = store.getItem(name);
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Puts value under name; a store that is full or refuses keeps what it has. */
export function save(store: Store, name: string, value: unknown): void {
  try {
    store.setItem(name, JSON.stringify(value));
  } catch {
    // The chat goes on; it only remembers less.
  }
}
