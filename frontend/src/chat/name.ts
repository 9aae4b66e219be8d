/** The longest name of a person, in characters (code points), until a server says another. */
export const MAX_NAME = 40;

/** The name that someone meant who wrote text: in one line, without space around it. */
export const nameFrom = (text: string) => text.replace(/\s+/g, " ").trim();

/** What servers have against a name, else null. */
export function nameProblem(name: string, maxLength: number): string | null {
  if (name.trim() === "") return "A name has at least one character.";
  if ([...name].length > maxLength) return `A name has at most ${maxLength} characters.`;
  if (/\p{Cc}/u.test(name)) return "A name has no control characters.";
  return null;
}
