import { devices } from "@playwright/test";
import { violations } from "./support/axe";
import type { ChatPage } from "./support/chat-page";
import { dialogs, visit } from "./support/dialog";
import { startProxy } from "./support/proxy";
import { refuseMessages } from "./support/refuse";
import { expect, test } from "./support/test";

const { defaultBrowserType: _, ...phone } = devices["Pixel 7"];
const desk = { viewport: { width: 1280, height: 720 } };

async function converse(ann: ChatPage, ben: ChatPage): Promise<void> {
  await ben.send("The second node is up: https://status.example.com/nodes?id=2");
  await ben.send(
    "Restart it with `systemctl restart nudge`, or\n```\nnudge serve --port 8001\n```",
  );
  await ben.send("🎉");
  await ben.send("Lines that wrap: ".padEnd(300, "the quick brown fox, "));
  await expect(ann.messages).toHaveCount(4);
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const where of ["desk", "phone"] as const) {
    test(`nothing stands in anyone's way, ${where}, ${colorScheme}`, async ({
      person,
      room,
      nodes,
    }) => {
      const proxy = await startProxy(nodes[0]);
      try {
        const size = where === "phone" ? phone : desk;
        const options = { ...size, colorScheme, reducedMotion: "reduce" } as const;
        const ann = await person(proxy.url, room, options);
        const { page } = ann;
        const look = async (state: string) => expect(await violations(page), state).toEqual([]);

        await expect(page.getByText("No messages yet")).toBeVisible();
        await look("empty");
        await converse(ann, await person(nodes[0], room));
        await look("messages");

        await visit(page, dialogs.connection, () => look("connection"));
        const asks = async () => {
          await visit(page, dialogs.room, () => look("a room to join"));
          await visit(page, dialogs.name, () => look("a name to change"));
        };
        if (where === "desk") await asks();
        else {
          await visit(page, dialogs.drawer, async () => {
            await look("drawer");
            await asks();
          });
        }

        await refuseMessages(page.context(), "It is too long.");
        await page.reload();
        await ann.connected();
        await ann.sendByButton("refused");
        await expect(page.getByText("Not sent. It is too long.")).toBeVisible();
        await page.goto(`${proxy.url}/#/no%2Froom`);
        await expect(page.getByText("The address names no room")).toBeVisible();
        await look("a failed message and a notice");

        proxy.cut();
        await ann.sendByButton("waits");
        await expect(page.getByText("Waits for the connection")).toBeVisible();
        await expect(page.getByText("Reconnecting.")).toBeVisible();
        await look("away");
      } finally {
        await proxy.stop();
      }
    });
  }
}

for (const [reducedMotion, moves] of [
  ["reduce", false],
  ["no-preference", true],
] as const) {
  test(`what opens, comes and waits ${moves ? "moves" : "does not move"} with ${reducedMotion}`, async ({
    person,
    room,
    nodes,
  }) => {
    const proxy = await startProxy(nodes[0]);
    try {
      const ann = await person(proxy.url, room, { ...phone, reducedMotion });
      const { page } = ann;
      await page.addInitScript(() => {
        const motions: string[] = [];
        Object.assign(window, { motions });
        for (const type of ["animationstart", "transitionrun"] as const) {
          document.addEventListener(type, ({ target }) => {
            const { animationDuration, transitionDuration } = getComputedStyle(target as Element);
            const durations = type === "animationstart" ? animationDuration : transitionDuration;
            if (durations.split(",").some((it) => Number.parseFloat(it) > 0.001)) {
              motions.push(`${(target as Element).className} ${durations}`);
            }
          });
        }
      });
      await page.reload();
      await ann.connected();
      const ben = await person(nodes[0], room);
      for (let at = 0; at < 40; at++) await ben.send(`message ${at}`);
      await expect(ann.messages.last()).toHaveText("message 39");

      const log = page.getByRole("log");
      await ann.leaveEnd();
      await page.getByRole("button", { name: "Latest" }).click();
      const left = await log.evaluate(async (element) => {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        return element.scrollHeight - element.clientHeight - element.scrollTop;
      });
      expect(left).toBeLessThan(2);
      await visit(page, dialogs.drawer);
      proxy.cut();
      await ann.sendByButton("waits");
      await expect(page.getByText("Reconnecting.")).toBeVisible();
      proxy.restore();
      await ann.connected();

      const motions = await page.evaluate(
        () => (window as unknown as { motions: string[] }).motions,
      );
      if (moves) expect(motions).not.toEqual([]);
      else expect(motions).toEqual([]);
    } finally {
      await proxy.stop();
    }
  });
}
