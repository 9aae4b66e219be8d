import { isTouch } from "./use-touch";

/** The ids of the field where messages are written, and of their list. */
export const DRAFT_ID = "draft";
export const LOG_ID = "log";

/**
 * Gives the focus to where the reader goes on: the field, or on a touch screen,
 * where that would bring up its keyboard, the messages.
 */
export function focusComposer(): void {
  const id = isTouch() ? LOG_ID : DRAFT_ID;
  document.getElementById(id)?.focus({ preventScroll: true });
}
