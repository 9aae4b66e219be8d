/** A piece of a message: nothing else in it is interpreted. */
export type Piece =
  | { readonly type: "text" | "code" | "block"; readonly text: string }
  | { readonly type: "link"; readonly text: string; readonly href: string };

const fence = /```(?:[\w+-]{0,20}\n)?\n?([\s\S]+?)\n?```\n?/g;
const span = /`([^`\n]+)`/g;
const link = /\b(?:https?:\/\/|www\.)[^\s<>"'`\p{Cc}\p{Cf}]+/giu;

/**
 * The pieces of a message's text, in order: code between backticks (three for
 * blocks), web addresses, and the text between. Code is not searched for links.
 */
export function piecesOf(text: string): readonly Piece[] {
  return split(text, fence, "block").flatMap((outer) =>
    outer.type !== "text"
      ? [outer]
      : split(outer.text, span, "code").flatMap((inner) =>
          inner.type !== "text" ? [inner] : linkify(inner.text),
        ),
  );
}

function split(text: string, pattern: RegExp, type: "block" | "code"): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) pieces.push({ type: "text", text: text.slice(end, match.index) });
    pieces.push({ type, text: match[1] ?? "" });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ type: "text", text: text.slice(end) });
  return pieces;
}

function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(link)) {
    const address = trimAddress(match[0]);
    const href = hrefOf(address);
    if (href === null) continue;
    if (match.index > end) pieces.push({ type: "text", text: text.slice(end, match.index) });
    pieces.push({ type: "link", text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) pieces.push({ type: "text", text: text.slice(end) });
  return pieces;
}

/** Leaves out what belongs to the sentence: final points, and a bracket that was opened before. */
function trimAddress(address: string): string {
  let text = address;
  for (;;) {
    const last = text.at(-1) ?? "";
    const opened = last === ")" ? "(" : last === "]" ? "[" : "";
    const closes = opened !== "" && text.split(last).length > text.split(opened).length;
    if (!closes && !/[.,;:!?*_~…]/.test(last)) return text;
    text = text.slice(0, -1);
  }
}

/** The web address that text is, null where it is none; one with a user in it poses as another site. */
function hrefOf(text: string): string | null {
  const url = /^www\./i.test(text) ? `https://${text}` : text;
  if (!URL.canParse(url)) return null;
  const { protocol, username, password, hostname, href } = new URL(url);
  const isWeb = protocol === "http:" || protocol === "https:";
  return isWeb && hostname !== "" && username === "" && password === "" ? href : null;
}

const emoji =
  /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f|\s)+$/u;
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Whether text is one to three emoji and nothing else, which are shown large. */
export function isEmojiOnly(text: string): boolean {
  if (text.length > 60 || !emoji.test(text)) return false;
  const { length } = [...graphemes.segment(text.replaceAll(/\s/g, ""))];
  return length >= 1 && length <= 3;
}
