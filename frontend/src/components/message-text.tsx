"use client";

import { memo, useState } from "react";
import { isEmojiOnly, type Piece, piecesOf } from "@/chat/markup";

/** From where on a text is folded, in characters and in lines. */
const LONG = 1500;
const LONG_LINES = 18;
/** From where on a text is shown as it is: only publishers other than this page send such. */
const PLAIN = 50_000;

/** A message's text: links and code are shown as such, nothing else is interpreted. */
export const MessageText = memo(function MessageText({ text }: { readonly text: string }) {
  const [open, setOpen] = useState(false);
  const isLong = text.length > LONG || text.split("\n", LONG_LINES + 1).length > LONG_LINES;
  const pieces: readonly Piece[] = text.length > PLAIN ? [{ type: "text", text }] : piecesOf(text);
  const isLarge = isEmojiOnly(text);
  return (
    <>
      <div
        dir="auto"
        data-text=""
        className={`min-h-lh whitespace-pre-wrap leading-normal wrap-anywhere ${isLarge ? "text-3xl" : ""} ${isLong && !open ? "fold" : ""}`}
      >
        {pieces.map((piece, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a text never changes, so its pieces do not
          <PieceView key={at} piece={piece} />
        ))}
      </div>
      {isLong && (
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="mt-1 min-h-6 cursor-pointer font-medium text-accent text-sm underline-offset-4 hover:underline"
        >
          {open ? "Show less" : "Show all"}
        </button>
      )}
    </>
  );
});

function PieceView({ piece }: { readonly piece: Piece }) {
  switch (piece.type) {
    case "text":
      return piece.text;
    case "code":
      return (
        <code className="box-decoration-clone rounded-md bg-code px-1.5 py-0.5 font-mono text-[0.86em]">
          <Words text={piece.text} />
        </code>
      );
    case "block":
      return (
        <code className="my-1 block rounded-lg border border-line bg-code px-3 py-2 font-mono text-[0.86em] leading-relaxed">
          <Words text={piece.text} />
        </code>
      );
    case "link":
      return (
        <a
          href={piece.href}
          target="_blank"
          rel="noopener noreferrer nofollow"
          className="text-accent underline decoration-1 underline-offset-2 hover:decoration-2"
        >
          {piece.text}
        </a>
      );
  }
}

/** The longest word that is kept in one piece, in characters: about a phone's line. */
const KEPT = 28;

/** Code whose lines break between words, not at the hyphens of a flag. */
function Words({ text }: { readonly text: string }) {
  return text.split(/(\s+)/).map((word, at) =>
    word.includes("-") && word.length <= KEPT ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: a text never changes, so its words do not
      <span key={at} className="inline-block max-w-full">
        {word}
      </span>
    ) : (
      word
    ),
  );
}
