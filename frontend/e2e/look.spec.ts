import { gzipSync } from "node:zlib";
import type { Page } from "@playwright/test";
import { fill } from "./support/fill";
import { startProxy } from "./support/proxy";
import { refuseMessages } from "./support/refuse";
import { expect, test } from "./support/test";

/** The most JavaScript that a first load may fetch, in bytes of gzip. */
const FIRST_LOAD = 200 * 1024;

test("everything is done by keyboard", async ({ person, room, nodes }) => {
  const ann = await person(nodes[0], room);
  const { keyboard } = ann.page;
  await expect(ann.input).toBeFocused();
  await keyboard.type("one");
  await keyboard.press("Shift+Enter");
  await keyboard.type("two");
  await keyboard.press("Enter");
  await expect(ann.messages).toHaveText(["one\ntwo"]);
  await expect(ann.input).toBeFocused();

  const reached: string[] = [];
  for (let step = 0; step < 12; step++) {
    await keyboard.press("Tab");
    reached.push(
      await ann.page.evaluate(() => {
        const { activeElement: it } = document;
        return it?.getAttribute("aria-label") ?? it?.textContent ?? "";
      }),
    );
  }
  for (const name of [
    "Join a room",
    "lobby",
    room,
    "About the connection",
    `Messages in ${room}`,
  ]) {
    expect(reached).toContainEqual(expect.stringContaining(name));
  }
});

test("the layout stays where it is", async ({ person, room, nodes }) => {
  await fill(nodes[0], room, 150);
  const proxy = await startProxy(nodes[0]);
  try {
    const ann = await person(proxy.url, room);
    const { page } = ann;
    await page.addInitScript(() => {
      const shifts: string[] = [];
      Object.assign(window, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const { value, sources } = entry as unknown as {
            value: number;
            sources: { node: Node | null }[];
          };
          const moved = sources.map(({ node }) =>
            (node as Element | null)?.outerHTML?.slice(0, 80),
          );
          if (value >= 0.001) shifts.push(`${value.toFixed(4)} ${moved}`);
        }
      }).observe({ type: "layout-shift", buffered: true });
    });
    const stays = async (during: string) => {
      const shifts = await page.evaluate(() => (window as unknown as { shifts: string[] }).shifts);
      expect(shifts, during).toEqual([]);
    };
    const ben = await person(nodes[0], room);
    await page.reload();
    await ann.connected();
    await expect(ann.messages.last()).toHaveText("message 149");
    await stays("the first load");

    for (let at = 0; at < 5; at++) await ben.send(`live ${at}`);
    await expect(ann.messages.last()).toHaveText("live 4");
    await stays("messages that come");

    proxy.cut();
    await expect(page.getByText("Reconnecting.")).toBeVisible();
    await ben.send("meanwhile");
    await expect(ben.messages.last()).toHaveText("meanwhile");
    proxy.restore();
    await expect(ann.messages.last()).toHaveText("meanwhile");
    await stays("a reconnection");

    await expect(async () => {
      await page.getByRole("log").evaluate((log) => {
        log.scrollTop -= 300;
      });
      await expect(ann.messages.first()).toHaveText("message 0", { timeout: 50 });
    }).toPass({ intervals: [0] });
    await stays("history");
  } finally {
    await proxy.stop();
  }
});

test("a first load is small", async ({ context, nodes }) => {
  const page = await context.newPage();
  const scripts: Promise<Buffer>[] = [];
  page.on("response", (response) => {
    if (response.request().resourceType() === "script") scripts.push(response.body());
  });
  await page.goto(nodes[0]);
  await expect(page.getByRole("status")).toContainText("Connected");
  const sizes = (await Promise.all(scripts)).map((script) => gzipSync(script).length);
  expect(sizes.length).toBeGreaterThan(3);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(FIRST_LOAD);
});

/** Screens that people have; a phone has no mouse. */
const screens = {
  wide: { viewport: { width: 1440, height: 900 } },
  middle: { viewport: { width: 768, height: 1024 } },
  phone: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
} as const;

const views = [
  ["wide", "light"],
  ["middle", "dark"],
  ["phone", "light"],
  ["phone", "dark"],
] as const;

async function expectNoOverflow(page: Page): Promise<void> {
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).toBe(0);
}

// Loosely: names, times, colours of people and fonts of the system differ.
const loosely = { maxDiffPixelRatio: 0.05 };

for (const [screen, colorScheme] of views) {
  test(`it looks as it should, ${screen}, ${colorScheme}`, async ({ person, nodes }) => {
    const name = `${screen}-${colorScheme}`;
    const options = { ...screens[screen], colorScheme, reducedMotion: "reduce" } as const;
    const ben = await person(nodes[0], `look-${name}`);
    const ann = await person(nodes[0], `look-${name}`, options);
    await ben.rename("Ben");
    await ben.send("The second node is up: https://status.example.com/nodes?id=2");
    await ben.send("🎉");
    await expect(ann.messages).toHaveCount(2);
    await expectNoOverflow(ann.page);
    await expect(ann.page).toHaveScreenshot(`${name}.png`, loosely);
  });

  test(`what went wrong looks as it should, ${screen}, ${colorScheme}`, async ({
    person,
    nodes,
  }) => {
    const name = `trouble-${screen}-${colorScheme}`;
    const options = { ...screens[screen], colorScheme, reducedMotion: "reduce" } as const;
    const proxy = await startProxy(nodes[0]);
    try {
      const ben = await person(nodes[0], name);
      await ben.rename("Ben");
      await ben.send("Did you get the log of the second node?");
      const ann = await person(proxy.url, name, options);
      await expect(ann.messages).toHaveCount(1);
      await ann.sendByButton("Here it comes");
      await expect(ann.messages).toHaveCount(2);
      await refuseMessages(
        ann.page.context(),
        "It is too long: 4200 characters, 4000 are allowed.",
      );
      await ann.page.reload();
      await ann.connected();
      await ann.sendByButton("12:00:01 started 12:00:02 joined 12:00:03 served ");
      await expect(ann.alerts).toContainText("Not sent.");
      await ann.page.goto(`${proxy.url}/#/no%2Froom`);
      await expect(ann.page.getByText("The address names no room")).toBeVisible();
      proxy.cut();
      await ann.sendByButton("In pieces, then");
      await expect(ann.page.getByText("Waits for the connection")).toBeVisible();
      await expect(ann.page.getByText("Reconnecting.")).toBeVisible();
      await expectNoOverflow(ann.page);
      await expect(ann.page).toHaveScreenshot(`${name}.png`, loosely);
    } finally {
      await proxy.stop();
    }
  });
}
