import { gzipSync } from "node:zlib";
import { violations } from "./support/axe";
import type { ChatPage } from "./support/chat-page";
import { expect, test } from "./support/test";

/** The most JavaScript that a first load may fetch, in bytes of gzip. */
const FIRST_LOAD = 200 * 1024;

async function converse(ann: ChatPage, ben: ChatPage): Promise<void> {
  await ann.rename("Ann");
  await ben.send("The second node is up: https://status.example.com/nodes?id=2");
  await ben.send(
    "Restart it with `systemctl restart nudge`, or\n```\nnudge serve --port 8001\n```",
  );
  await ann.send("🎉");
  await ann.send("Lines that wrap: ".padEnd(300, "the quick brown fox, "));
  await expect(ann.messages).toHaveCount(4);
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`nothing stands in anyone's way, ${colorScheme}`, async ({
    person,
    room,
    nodes,
    complaints,
  }) => {
    const ann = await person(nodes[0], room, { colorScheme, reducedMotion: "reduce" });
    const ben = await person(nodes[0], room);
    expect(await violations(ann.page)).toEqual([]);
    await converse(ann, ben);
    expect(await violations(ann.page)).toEqual([]);
    for (const name of ["Join a room", "About the connection", /Change your name$/]) {
      await ann.page.getByRole("button", { name }).click();
      await expect(ann.page.getByRole("dialog")).toBeVisible();
      expect(await violations(ann.page), String(name)).toEqual([]);
      await ann.page.keyboard.press("Escape");
      await expect(ann.page.getByRole("dialog")).toHaveCount(0);
      await expect(ann.page.getByRole("button", { name })).toBeFocused();
    }
    expect(complaints).toEqual([]);
  });
}

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
  const ann = await person(nodes[0], room);
  await ann.page.addInitScript(() => {
    const shifts = { sum: 0 };
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        shifts.sum += (entry as unknown as { value: number }).value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  const ben = await person(nodes[0], room);
  await ben.send("before");
  await ann.page.reload();
  await ann.connected();
  for (let at = 0; at < 5; at++) await ben.send(`message ${at}`);
  await expect(ann.messages.last()).toHaveText("message 4");
  const sum = await ann.page.evaluate(
    () => (window as unknown as { shifts: { sum: number } }).shifts.sum,
  );
  expect(sum).toBeLessThan(0.01);
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

const views = [
  { name: "wide-light", width: 1440, height: 900, colorScheme: "light" },
  { name: "middle-dark", width: 768, height: 1024, colorScheme: "dark" },
  { name: "phone-light", width: 360, height: 740, colorScheme: "light" },
  { name: "phone-dark", width: 360, height: 740, colorScheme: "dark" },
] as const;

test("it looks as it should, from phone to wide screen", async ({ person, nodes }) => {
  for (const { name, width, height, colorScheme } of views) {
    const room = `look-${name}`;
    const options = { viewport: { width, height }, colorScheme, reducedMotion: "reduce" } as const;
    const wide = await person(nodes[0], room);
    const ann = await person(nodes[0], room, options);
    await wide.rename("Ben");
    await wide.send("The second node is up: https://status.example.com/nodes?id=2");
    await wide.send("🎉");
    await expect(ann.messages).toHaveCount(2);
    const overflow = await ann.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow, name).toBe(0);
    // Loosely: names, times, colours of people and fonts of the system differ.
    await expect(ann.page).toHaveScreenshot(`${name}.png`, { maxDiffPixelRatio: 0.05 });
    await ann.page.context().close();
    await wide.page.context().close();
  }
});
