import { devices } from "@playwright/test";
import { dialogs, visit } from "./support/dialog";
import { startProxy } from "./support/proxy";
import { expect, test } from "./support/test";

const { defaultBrowserType: _, ...phone } = devices["Pixel 7"];

for (const [where, options] of [
  ["beside the messages", { viewport: { width: 1280, height: 720 } }],
  ["on a phone", phone],
] as const) {
  test(`all that opens does so while the server is away, ${where}`, async ({
    context,
    person,
    room,
    nodes,
  }) => {
    await context.close();
    const proxy = await startProxy(nodes[0]);
    try {
      const { page, badge } = await person(proxy.url, room, options);
      // The parts are asked for together, once the page has nothing else to do.
      const loading = new Set<string>();
      let loaded = 0;
      page.on("request", (it) => loading.add(it.url()));
      page.on("requestfinished", (it) => {
        if (loading.delete(it.url()) && it.resourceType() === "script") loaded++;
      });
      await expect.poll(() => loaded > 0 && loading.size === 0).toBe(true);
      proxy.cut();
      await expect(badge).toHaveText("Reconnecting…");

      await visit(page, dialogs.connection);
      const asks = async () => {
        await visit(page, dialogs.room);
        await visit(page, dialogs.name);
      };
      if (where === "on a phone") await visit(page, dialogs.drawer, asks);
      else await asks();
    } finally {
      await proxy.stop();
    }
  });
}
