import { useSyncExternalStore } from "react";

const QUERY = "(pointer: coarse)";

function subscribe(listener: () => void): () => void {
  const query = window.matchMedia(QUERY);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}

/** Whether the page is on a touch screen now. */
export const isTouch = () => window.matchMedia(QUERY).matches;

/** Whether the page is on a touch screen, whose keyboard comes up with the focus of a field. */
export function useTouch(): boolean {
  return useSyncExternalStore(subscribe, isTouch, () => false);
}
