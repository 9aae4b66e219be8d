import { ChatPage } from "./support/chat-page";
import { startProxy } from "./support/proxy";
import { expect, test } from "./support/test";

test("two pages on two nodes are one chat", async ({ context, nodes, complaints }) => {
  const first = await ChatPage.open(context, nodes[0]);
  const second = await ChatPage.open(context, nodes[1]);
  await expect(first.page.getByText("No messages yet")).toBeVisible();

  const awkward = 'second: <b>"quotes"</b> & \u2028 😀\nsecond line';
  await first.send("first");
  await expect(second.messages).toHaveText(["first"]);
  await second.input.fill(awkward);
  await second.page.getByRole("button", { name: "Send" }).click();

  for (const { messages, outgoing } of [first, second]) {
    await expect(messages).toHaveCount(2);
    expect(await messages.allInnerTexts()).toEqual(["first", awkward]);
    await expect(outgoing).toHaveCount(0);
  }
  await expect(second.input).toBeFocused();
  expect(complaints).toEqual([]);
});

test("a burst arrives once and in order, the newest in view", async ({
  context,
  nodes,
  complaints,
}) => {
  const writer = await ChatPage.open(context, nodes[0]);
  const reader = await ChatPage.open(context, nodes[1]);
  const texts = Array.from({ length: 40 }, (_, index) => `message ${index}`);
  for (const text of texts) await writer.send(text);

  for (const { messages } of [writer, reader]) {
    await expect(messages.last()).toHaveText("message 39");
    await expect(messages.last()).toBeInViewport();
  }
  for (const chat of [writer, reader]) {
    expect((await chat.readAll()).slice(-texts.length)).toEqual(texts);
  }

  await reader.page.getByRole("log").evaluate((list) => list.scrollTo(0, 0));
  await expect(reader.messages.first()).toBeInViewport();
  await writer.send("one more");
  const jump = reader.page.getByRole("button", { name: "1 new" });
  await expect(jump).toBeVisible();
  await expect(reader.messages.first()).toBeInViewport();
  await jump.click();
  await expect(reader.messages.last()).toBeInViewport();
  await expect(jump).toBeHidden();
  expect(complaints).toEqual([]);
});

test("a page works again after a reload", async ({ context, nodes, complaints }) => {
  const chat = await ChatPage.open(context, nodes[0]);
  const other = await ChatPage.open(context, nodes[1]);
  await chat.send("before");
  await expect(other.messages).toHaveText(["before"]);

  await chat.page.reload();
  await chat.connected();
  await other.send("to the reloaded page");
  await expect(chat.messages.last()).toHaveText("to the reloaded page");
  await chat.send("after");
  await expect(other.messages).toHaveText(["before", "to the reloaded page", "after"]);
  expect(complaints).toEqual([]);
});

test("what is written while disconnected waits, and arrives once", async ({ context, nodes }) => {
  const proxy = await startProxy(nodes[0]);
  try {
    const chat = await ChatPage.open(context, proxy.url);
    const other = await ChatPage.open(context, nodes[1]);

    proxy.cut();
    await expect(chat.badge).toHaveText("Reconnecting…");
    await expect(chat.page.getByText("What you write is kept and sent")).toBeVisible();
    await chat.send("one");
    await chat.send("taken back");
    await chat.send("two");
    await expect(chat.outgoing.getByText("Waits for the connection")).toHaveCount(3);
    await chat.outgoing
      .filter({ hasText: "taken back" })
      .getByRole("button", { name: "Discard" })
      .click();
    await expect(other.messages).toHaveCount(0);

    proxy.restore();
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

test("a refused message says why and can be sent again", async ({ context, nodes, complaints }) => {
  let refuse = true;
  await context.routeWebSocket(/\/socket\.io\//, (client) => {
    const server = client.connectToServer();
    client.onMessage((frame) => {
      const id = /^42(\d+)\["(?:event:message|chat:send)"/.exec(frame.toString())?.[1];
      if (refuse && id !== undefined) {
        const error = { code: "too_large", message: "It is too long." };
        client.send(`43${id}${JSON.stringify([{ ok: false, error }])}`);
      } else {
        server.send(frame);
      }
    });
  });
  const chat = await ChatPage.open(context, nodes[0]);
  await chat.send("hello");
  await expect(chat.page.getByRole("alert").filter({ hasText: "Not sent" })).toHaveText(
    "Not sent: It is too long.",
  );
  await expect(chat.messages).toHaveCount(0);

  refuse = false;
  await chat.page.getByRole("button", { name: "Send again" }).click();
  await expect(chat.messages).toHaveText(["hello"]);
  await expect(chat.outgoing).toHaveCount(0);
  expect(complaints).toEqual([]);
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
