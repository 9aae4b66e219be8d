import { ChatPage } from "./support/chat-page";
import { startProxy } from "./support/proxy";
import { refuseMessages } from "./support/refuse";
import { expect, test } from "./support/test";

test("two people on two nodes are one chat", async ({ person, room, nodes, complaints }) => {
  const ann = await person(nodes[0], room);
  const ben = await person(nodes[1], room);
  await expect(ann.page.getByText("No messages yet")).toBeVisible();
  await ann.rename("Ann");
  await ben.rename("Ben");
  const here = ann.page.getByRole("complementary").getByRole("region", { name: "People here" });
  await expect(here.getByRole("listitem")).toHaveText([/Annyou$/, /Ben$/]);

  const awkward = 'second: <b>"quotes"</b> & \u2028 😀\nsecond line';
  await ann.send("first");
  await expect(ben.messages).toHaveText(["first"]);
  await ben.input.pressSequentially("s");
  await expect(ann.page.getByText("Ben is typing…")).toBeVisible();
  await ben.input.fill(awkward);
  await ben.page.getByRole("button", { name: "Send" }).click();

  for (const { messages, outgoing, page } of [ann, ben]) {
    await expect(messages).toHaveCount(2);
    expect(await messages.allInnerTexts()).toEqual(["first", awkward]);
    await expect(outgoing).toHaveCount(0);
    await expect(page.getByRole("article", { name: /^Ann,/ })).toContainText("first");
    await expect(page.getByRole("article", { name: /^Ben,/ })).toContainText("second");
  }
  await expect(ann.page.getByText("Ben is typing…")).toHaveCount(0);
  await expect(ben.input).toBeFocused();
  await ben.page.close();
  await expect(here.getByRole("listitem")).toHaveText([/Annyou$/]);
  expect(complaints).toEqual([]);
});

test("a burst arrives once and in order, the newest in view", async ({
  person,
  room,
  nodes,
  complaints,
}) => {
  const writer = await person(nodes[0], room);
  const reader = await person(nodes[1], room);
  const texts = Array.from({ length: 40 }, (_, index) => `message ${index}`);
  for (const text of texts) await writer.send(text);

  for (const { messages } of [writer, reader]) {
    await expect(messages.last()).toHaveText("message 39");
    await expect(messages.last()).toBeInViewport();
  }
  for (const chat of [writer, reader]) expect(await chat.readAll()).toEqual(texts);

  await reader.page.getByRole("log").evaluate((list) => list.scrollTo(0, 0));
  await expect(reader.messages.first()).toBeInViewport();
  await writer.send("one more");
  const jump = reader.page.getByRole("button", { name: "1 new" });
  await expect(jump).toBeVisible();
  await expect(reader.page).toHaveTitle(/^\(1\) /);
  await expect(reader.messages.first()).toBeInViewport();
  await jump.click();
  await expect(reader.messages.last()).toHaveText("one more");
  await expect(reader.messages.last()).toBeInViewport();
  await expect(jump).toBeHidden();
  await expect(reader.page).toHaveTitle(/^#/);
  expect(complaints).toEqual([]);
});

test("a page shows what was said before it was loaded again", async ({
  person,
  room,
  nodes,
  complaints,
}) => {
  const chat = await person(nodes[0], room);
  const other = await person(nodes[1], room);
  await chat.send("before");
  await expect(other.messages).toHaveText(["before"]);

  await chat.page.reload();
  await chat.connected();
  await other.send("to the reloaded page");
  await expect(chat.messages).toHaveText(["before", "to the reloaded page"]);
  await chat.send("after");
  await expect(other.messages).toHaveText(["before", "to the reloaded page", "after"]);
  expect(complaints).toEqual([]);
});

test("what is written while disconnected outlives the page, and arrives once", async ({
  person,
  room,
  nodes,
}) => {
  const proxy = await startProxy(nodes[0]);
  try {
    const chat = await person(proxy.url, room);
    const other = await person(nodes[1], room);

    proxy.cut();
    await expect(chat.badge).toHaveText("Reconnecting…");
    await expect(chat.page.getByText("What you write is kept and sent")).toBeVisible();
    for (const text of ["one", "taken back", "two"]) await chat.send(text);
    await expect(chat.outgoing.getByText("Waits for the connection")).toHaveCount(3);
    await chat.outgoing
      .filter({ hasText: "taken back" })
      .getByRole("button", { name: "Discard" })
      .click();

    // The page comes again while what it says still reaches nobody.
    await chat.page.route("**/socket.io/?*", (route) => route.abort());
    proxy.restore();
    await chat.page.reload();
    await expect(chat.outgoing.locator("[data-text]")).toHaveText(["one", "two"]);
    await expect(other.messages).toHaveCount(0);

    await chat.page.unroute("**/socket.io/?*");
    await chat.connected();
    await chat.send("three");
    for (const { messages } of [chat, other]) {
      await expect(messages).toHaveText(["one", "two", "three"]);
    }
    await expect(chat.outgoing).toHaveCount(0);
  } finally {
    await proxy.stop();
  }
});

test("a refused message says why and can be sent again", async ({
  context,
  room,
  nodes,
  complaints,
}) => {
  const takeMessages = await refuseMessages(context, "It is too long.");
  const chat = await ChatPage.open(context, nodes[0], room);
  await chat.send("hello");
  await expect(chat.page.getByText("Not sent. It is too long.")).toBeVisible();
  await expect(chat.messages).toHaveCount(0);

  takeMessages();
  await chat.page.getByRole("button", { name: "Send again" }).click();
  await expect(chat.messages).toHaveText(["hello"]);
  await expect(chat.outgoing).toHaveCount(0);
  expect(complaints).toEqual([]);
});

test("rooms are addresses, and each has its own messages and counts", async ({
  person,
  room,
  nodes,
}) => {
  const ann = await person(nodes[0], room);
  const ben = await person(nodes[1], room);
  const rooms = ann.page.getByRole("navigation", { name: "Rooms" });
  await ann.page.getByRole("button", { name: "Join a room" }).click();
  await ann.page.getByRole("textbox", { name: "Name of the room" }).fill("quiet / corner");
  await ann.page.keyboard.press("Enter");
  await expect(ann.page.getByText("make a name")).toBeVisible();
  await ann.page.getByRole("textbox", { name: "Name of the room" }).fill(`${room} 2`);
  await ann.page.keyboard.press("Enter");
  await expect(ann.page.getByRole("heading", { level: 1 })).toHaveText(`${room}-2`);
  expect(new URL(ann.page.url()).hash).toBe(`#/${room}-2`);

  await ben.send("over here");
  const there = rooms.getByRole("link", { name: `${room} 1 new` });
  await expect(there).toBeVisible();
  await expect(ann.messages).toHaveCount(0);
  await ann.page.goBack();
  await expect(ann.messages).toHaveText(["over here"]);
  await expect(ann.page.getByText("New", { exact: true })).toBeVisible();
  await ann.page.goForward();
  await ann.page.getByRole("button", { name: `Leave ${room}-2` }).click();
  await expect(rooms.getByRole("link")).toHaveText(["lobby", room]);
  await expect(ann.page.getByRole("heading", { level: 1 })).toHaveText("lobby");
});

test("an unknown address is answered with a page of its own", async ({ context, nodes }) => {
  const page = await context.newPage();
  const response = await page.goto(`${nodes[0]}/nowhere`);
  expect(response?.status()).toBe(404);
  await expect(page.getByRole("heading")).toHaveText("There is no page here");
  await page.getByRole("link", { name: "Go to the chat" }).click();
  await new ChatPage(page).connected();
});

test("the client bundle is the one the page was built with", async ({ request, nodes }) => {
  for (const name of ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js"]) {
    const response = await request.get(`${nodes[0]}/socket.io/${name}`);
    expect(response.status(), name).toBe(200);
    expect(await response.text(), name).toContain("Socket.IO v4.8.4");
    expect(response.headers()["access-control-allow-origin"], name).toBe("*");
  }
});
