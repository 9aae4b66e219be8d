import type { ChatState } from "./state";

/** The time between two calls of a listener, in milliseconds. */
export const FRAME = 16;

/** A state outside React, for useSyncExternalStore. */
export interface StateStore {
  get(): ChatState;
  /** Changes the state at once, and tells listeners at most once per FRAME. */
  update(change: (state: ChatState) => ChatState): void;
  subscribe(listener: () => void): () => void;
}

/** A store of initial; onChange is called at once with each state that follows. */
export function createStore(
  initial: ChatState,
  onChange: (state: ChatState) => void = () => {},
): StateStore {
  const listeners = new Set<() => void>();
  let state = initial;
  let scheduled = false;

  return {
    get: () => state,
    update(change) {
      const next = change(state);
      if (next === state) return;
      state = next;
      onChange(state);
      if (scheduled) return;
      // A burst of messages is one render: a render each would starve the page.
      scheduled = true;
      setTimeout(() => {
        scheduled = false;
        for (const listener of [...listeners]) listener();
      }, FRAME);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
