import { devices } from "@playwright/test";
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

      const dialog = page.getByRole("dialog").last();
      const names = ["About the connection", "Join a room", /Change your name$/];
      for (const name of names) {
        if (where === "on a phone" && name !== "About the connection") {
          await page.getByRole("button", { name: "Rooms and people" }).click();
        }
        await page.getByRole("button", { name }).click();
        await expect(dialog).toBeVisible();
        await expect(async () => {
          await page.keyboard.press("Escape");
          await expect(page.getByRole("dialog")).toHaveCount(0, { timeout: 500 });
        }).toPass();
      }
    } finally {
      await proxy.stop();
    }
  });
}
