import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { SocketProvider, useSocket } from "./socket-provider";

function Room() {
  const { sendMessage, messages } = useSocket();
  const [draft, setDraft] = useState("");
  return (
    <main>
      <input
        aria-label="Message"
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
      />
      <button type="button" onClick={() => sendMessage(draft)}>
        Send
      </button>
      <ul>
        {messages.map((message, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: messages carry no identity and only grow
          <li key={index}>{message}</li>
        ))}
      </ul>
    </main>
  );
}

const root = document.getElementById("root");
if (root === null) throw new Error("the document has no root");
createRoot(root).render(
  <StrictMode>
    <SocketProvider>
      <Room />
    </SocketProvider>
  </StrictMode>,
);
