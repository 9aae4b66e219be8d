/** A message as it was written: its own line breaks and its own direction. */
export function MessageText({ text }: { readonly text: string }) {
  return (
    <p dir="auto" className="min-h-lh whitespace-pre-wrap leading-relaxed wrap-anywhere">
      {text}
    </p>
  );
}
