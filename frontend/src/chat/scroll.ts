/** How close to the end counts as the end, in CSS pixels. */
export const SLACK = 48;

/** Whether a scrolled element shows its end, give or take SLACK. */
export function isAtEnd(
  element: Pick<Element, "scrollTop" | "scrollHeight" | "clientHeight">,
): boolean {
  return element.scrollHeight - element.clientHeight - element.scrollTop <= SLACK;
}
