import { MAX_MESSAGES, SPARE } from "../src/chat/timeline";
import type { ChatPage } from "./support/chat-page";
import { startAlone } from "./support/cluster";
import { fill } from "./support/fill";
import { expect, test } from "./support/test";

/** How far below the list's top the message with that text is, in pixels. */
function placeOf(chat: ChatPage, text: string): Promise<number> {
  return chat.page.getByRole("log").evaluate(async (log, wanted) => {
    // As it is painted: in between, rows that changed their height are not at their place yet.
    for (let at = 0; at < 2; at++) await new Promise((resolve) => requestAnimationFrame(resolve));
    for (const element of log.querySelectorAll("[data-text]")) {
      if (element.textContent === wanted) {
        return element.getBoundingClientRect().top - log.getBoundingClientRect().top;
      }
    }
    return Number.NaN;
  }, text);
}

test("history comes on the way up, and nothing jumps", async ({
  person,
  room,
  nodes,
  complaints,
}) => {
  await fill(nodes[0], room, 300);
  const reader = await person(nodes[0], room);
  await expect(reader.messages.last()).toHaveText("message 299");
  await expect(reader.messages.last()).toBeInViewport();

  const log = reader.page.getByRole("log");
  for (let round = 0; ; round++) {
    expect(round).toBeLessThan(60);
    // A step up, and the message in the middle is where the step put it, whatever came above.
    const text = await log.evaluate((element) => {
      element.scrollTop -= 600;
      const box = element.getBoundingClientRect();
      const middle = document
        .elementsFromPoint(box.left + box.width / 2, box.top + box.height / 2)
        .map((it) => it.closest("article")?.querySelector("[data-text]")?.textContent)
        .find((it) => it);
      return middle ?? "";
    });
    if (text !== "") {
      const before = await placeOf(reader, text);
      await log.evaluate(() => new Promise((resolve) => setTimeout(resolve, 120)));
      expect(Math.abs((await placeOf(reader, text)) - before), text).toBeLessThanOrEqual(2);
    }
    if (await reader.page.getByText(`The beginning of #${room}`).isVisible()) {
      if ((await log.evaluate((element) => element.scrollTop)) === 0) break;
    }
  }
  await expect(reader.messages.first()).toHaveText("message 0");
  expect(await reader.readAll()).toEqual(Array.from({ length: 300 }, (_, at) => `message ${at}`));
  expect(complaints).toEqual([]);
});

test("what is new while nobody looks is counted and marked, and moves nothing", async ({
  person,
  room,
  nodes,
}) => {
  await fill(nodes[0], room, 60);
  const reader = await person(nodes[0], room);
  const writer = await person(nodes[0], room);
  await expect(reader.messages.last()).toHaveText("message 59");

  await reader.page.getByRole("log").evaluate((log) => {
    log.scrollTop -= 700;
  });
  await expect(reader.page.getByRole("button", { name: "Latest" })).toBeVisible();
  // So near to the first messages that are here, the others come, too.
  await expect(reader.page.getByText(`The beginning of #${room}`)).toBeAttached();
  const text = (await reader.messages.first().textContent()) ?? "";
  const before = await placeOf(reader, text);
  for (let at = 0; at < 3; at++) await writer.send(`news ${at}`);
  await expect(reader.page.getByRole("button", { name: "3 new" })).toBeVisible();
  await expect(reader.page).toHaveTitle(/^\(3\) #/);
  expect(await placeOf(reader, text)).toBe(before);

  await reader.page.getByRole("button", { name: "3 new" }).click();
  await expect(reader.messages.last()).toHaveText("news 2");
  await expect(reader.page.getByText("New", { exact: true })).toBeInViewport();
  await expect(reader.page).toHaveTitle(/^#/);

  // A page that cannot be seen has not read what comes to its end.
  await reader.page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await writer.send("unseen");
  await expect(reader.page).toHaveTitle(/^\(1\) #/);
  await reader.page.evaluate(() => {
    Reflect.deleteProperty(document, "visibilityState");
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await expect(reader.page).toHaveTitle(/^#/);
});

test("ten thousand messages are a list like any other", async ({ person, room }) => {
  const node = await startAlone(["--history-length", "12000"]);
  try {
    const reader = await person(node.url, room);
    await fill(node.url, room, 10_000);
    await expect(reader.messages.last()).toHaveText("message 9999");
    await expect(reader.messages.last()).toBeInViewport();
    expect(await reader.page.locator("article").count()).toBeLessThan(120);

    // Frames of a long way up: a list that renders too much drops many in a row.
    const slowest = await reader.page.getByRole("log").evaluate(async (log) => {
      const gaps: number[] = [];
      let last = performance.now();
      for (let step = 0; step < 90; step++) {
        log.scrollTop -= 900;
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const now = performance.now();
        gaps.push(now - last);
        last = now;
      }
      return gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length * 0.9)] ?? 0;
    });
    expect(slowest).toBeLessThan(150);
    await reader.send("still quick");
    await expect(reader.messages.last()).toHaveText("still quick");
    await expect(reader.messages.last()).toBeInViewport();
  } finally {
    await node.stop();
  }
});

test("when the oldest of too many messages go, a reader far up stays where they are", {
  tag: "@long",
}, async ({ person, room }) => {
  const node = await startAlone(["--history-length", "30000"]);
  try {
    const reader = await person(node.url, room);
    const first = MAX_MESSAGES + SPARE - 100;
    await fill(node.url, room, first);
    await expect(reader.messages.last()).toHaveText(`message ${first - 1}`);
    const log = reader.page.getByRole("log");
    await log.evaluate((element) => {
      element.scrollTop = element.scrollHeight / 2;
    });
    const jump = reader.page.getByRole("button", { name: /^\d+ new$/ });
    await expect(reader.page.getByRole("button", { name: "Latest" })).toBeVisible();
    const text = (await reader.messages.first().textContent()) ?? "";
    const place = await placeOf(reader, text);
    const height = await log.evaluate((element) => element.scrollHeight);
    for (let at = 20; at <= 200; at += 20) {
      await fill(node.url, room, first + at, first + at - 20);
      await expect(jump).toHaveText(`${at} new`);
      expect(await placeOf(reader, text)).toBe(place);
    }
    expect(await log.evaluate((element) => element.scrollHeight)).toBeLessThan(height);
  } finally {
    await node.stop();
  }
});
