import type { Page } from "@playwright/test";
import { ChatPage } from "./support/chat-page";
import { type Cluster, startCluster } from "./support/cluster";
import { type OriginalPage, startOriginalPage } from "./support/original-page";
import { isTaken } from "./support/process";
import { expect, test } from "./support/test";

/** Where the page of the Node deployment connects to, whatever serves it. */
const PORT = 8000;

let cluster: Cluster;
let original: OriginalPage;

test.beforeAll(async () => {
  for (const host of ["127.0.0.1", "::1"]) {
    if (await isTaken(PORT, host)) {
      throw new Error(
        `Something answers on port ${PORT} of ${host}. The unchanged page connects to ` +
          `localhost:${PORT}, so the test needs that port: end what holds it.`,
      );
    }
  }
  original = await startOriginalPage();
  cluster = await startCluster([PORT, 0]);
});

test.afterAll(async () => {
  await cluster?.stop();
  await original?.stop();
});

const messages = (page: Page) => page.getByRole("listitem");

async function send(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

test("the page of the Node deployment works unchanged, from another origin", async ({
  context,
  complaints,
}) => {
  const sockets: string[] = [];
  context.on("page", (page) => page.on("websocket", (socket) => sockets.push(socket.url())));
  const first = await context.newPage();
  const second = await context.newPage();
  for (const page of [first, second]) {
    const upgrade = page.waitForEvent("websocket");
    await page.goto(original.url);
    await upgrade;
  }
  const ours = await ChatPage.open(context, cluster.nodes[1] ?? "");

  const awkward = '<b>"quotes"</b> & 😀';
  await send(first, awkward);
  for (const page of [first, second]) await expect(messages(page)).toHaveText([awkward]);
  await send(second, "back");
  await expect(messages(first)).toHaveText([awkward, "back"]);
  await ours.send("from the other node");

  const all = [awkward, "back", "from the other node"];
  for (const page of [first, second]) await expect(messages(page)).toHaveText(all);
  await expect(ours.messages).toHaveText(all);
  expect(sockets.filter((url) => url.startsWith(`ws://localhost:${PORT}/socket.io/`))).not.toEqual(
    [],
  );
  expect(complaints).toEqual([]);
});
