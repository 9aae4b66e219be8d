import path from "node:path";
import { ChatPage } from "./support/chat-page";
import { startAlone } from "./support/cluster";
import { freePort, isTaken, start } from "./support/process";
import { expect, test } from "./support/test";

const root = path.resolve(import.meta.dirname, "..");

test("the page runs from its development server, with a node of another origin", async ({
  context,
  room,
}) => {
  test.setTimeout(120_000);
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const node = await startAlone(["--cors-origin", origin]);
  try {
    const next = [path.join(root, "scripts/next.mjs"), "dev", root, "--port", `${port}`];
    const ready = () => isTaken(port, "127.0.0.1");
    const server = await start(process.execPath, next, ready, { NEXT_PUBLIC_SERVER_URL: node.url });
    try {
      const page = await context.newPage();
      await page.goto(`${origin}/#/${room}`, { timeout: 60_000 });
      const ann = new ChatPage(page);
      await ann.connected();
      const ben = await ChatPage.open(context, node.url, room);
      await ann.send("from the development server");
      await expect(ben.messages).toHaveText(["from the development server"]);
      await ben.send("to it");
      await expect(ann.messages).toHaveText(["from the development server", "to it"]);
      await expect(ann.outgoing).toHaveCount(0);
    } finally {
      await server.stop();
    }
  } finally {
    await node.stop();
  }
});
