import { Chat } from "@/components/chat";

export default function Page() {
  return (
    <>
      <Chat />
      <noscript>
        <p className="fixed inset-x-0 top-1/3 p-6 text-center">This chat needs JavaScript.</p>
      </noscript>
    </>
  );
}
