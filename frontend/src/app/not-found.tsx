import type { Metadata } from "next";

export const metadata: Metadata = { title: "Not found · Nudge" };

export default function NotFound() {
  return (
    <main className="grid min-h-dvh place-content-center gap-3 p-6 text-center">
      <h1 className="font-semibold text-xl">There is no page here</h1>
      <p className="text-muted">The address may be mistyped.</p>
      <p>
        {/* A document of its own: the chat is not part of this one. */}
        <a className="text-accent underline underline-offset-4" href="/">
          Go to the chat
        </a>
      </p>
    </main>
  );
}
