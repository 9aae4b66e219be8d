const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en", { weekday: "long", month: "long", day: "numeric" });
const dayOfYear = new Intl.DateTimeFormat("en", {
  weekday: "long",
  month: "long",
  day: "numeric",
  year: "numeric",
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** The time of day, as the reader's system writes it. */
export function clockOf(time: number): string {
  return clock.format(time);
}

/** The time of day without "AM" or "PM", for where clockOf stands nearby. */
export function shortClockOf(time: number): string {
  return clock
    .formatToParts(time)
    .filter(({ type }) => type !== "dayPeriod")
    .map(({ value }) => value)
    .join("")
    .trim();
}

/** Day and time to the second. */
export function momentOf(time: number): string {
  return full.format(time);
}

/** The day of time as seen from now: "Today", "Yesterday", or its date. */
export function dayOf(time: number, now: number): string {
  const date = new Date(time).toDateString();
  const today = new Date(now);
  if (date === today.toDateString()) return "Today";
  today.setDate(today.getDate() - 1);
  if (date === today.toDateString()) return "Yesterday";
  const isThisYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return (isThisYear ? day : dayOfYear).format(time);
}
