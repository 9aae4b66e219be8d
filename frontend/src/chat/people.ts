/** How many colours people are told apart by; globals.css has one of each. */
export const COLOURS = 8;

/** The colour of someone, 0 to COLOURS-1: the same on every page. */
export function colourOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) {
    hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193) >>> 0;
  }
  return (hash >>> 16) % COLOURS;
}

/** One or two characters that stand for a name; "?" where it has none to give. */
export function initialsOf(name: string): string {
  const words = name
    .trim()
    .split(/[\s\-_.]+/)
    .filter((word) => word !== "");
  const graphemes = words.slice(0, 2).map(firstGrapheme);
  return graphemes.join("").toLocaleUpperCase() || "?";
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function firstGrapheme(word: string): string {
  for (const { segment } of segmenter.segment(word)) return segment;
  return "";
}
