import path from "node:path";
import type { ChatPage } from "./support/chat-page";
import { startCluster } from "./support/cluster";
import { startFront } from "./support/front";
import { freePort, start } from "./support/process";
import { startProxy } from "./support/proxy";
import { expect, test } from "./support/test";

/** Both pages show the same, each of texts in it once. */
async function expectSame(pages: readonly ChatPage[], texts: readonly string[]): Promise<void> {
  for (const { outgoing } of pages) await expect(outgoing).toHaveCount(0, { timeout: 30_000 });
  await expect
    .poll(async () => (await pages[0]?.readAll())?.toSorted(), { timeout: 30_000 })
    .toEqual([...texts].toSorted());
  const first = await pages[0]?.readAll();
  for (const page of pages) await expect.poll(() => page.readAll()).toEqual(first);
}

test("a node dies in the middle of a conversation, and nobody misses a word", async ({
  person,
  room,
}) => {
  const cluster = await startCluster([0, 0]);
  const [first = "", second = ""] = cluster.nodes;
  const proxy = await startProxy(first);
  try {
    const ann = await person(proxy.url, room);
    const ben = await person(second, room);
    const texts: string[] = [];
    const say = async (chat: ChatPage, text: string) => {
      texts.push(text);
      await chat.send(text);
    };
    for (let at = 0; at < 30; at++) {
      await say(ann, `ann ${at}`);
      await say(ben, `ben ${at}`);
      if (at === 10) await cluster.servers[0]?.kill();
      if (at === 15) proxy.moveTo(second);
    }
    await expectSame([ann, ben], texts);
    await ann.connected();
    const own = (await ben.readAll()).filter((text) => text.startsWith("ann "));
    expect(own).toEqual(texts.filter((text) => text.startsWith("ann ")));
  } finally {
    await proxy.stop();
    await cluster.stop();
  }
});

test("a node that hangs is given up long before its pings would tell", {
  tag: "@long",
}, async ({ person, room }) => {
  const cluster = await startCluster([0, 0]);
  const [first = "", second = ""] = cluster.nodes;
  let well = first;
  const proxy = await startProxy(() => well);
  try {
    const ann = await person(proxy.url, room);
    const ben = await person(second, room);
    cluster.servers[0]?.hang();
    well = second;
    await ann.send("into the silence");
    await expect(ben.messages).toHaveText(["into the silence"], { timeout: 25_000 });
    await expectSame([ann, ben], ["into the silence"]);
    await ann.connected();
  } finally {
    await proxy.stop();
    await cluster.stop();
  }
});

test("Redis starts anew, and what was written meanwhile comes once", async ({ person, room }) => {
  const cluster = await startCluster([0, 0]);
  const [first = "", second = ""] = cluster.nodes;
  try {
    const ann = await person(first, room);
    const ben = await person(second, room);
    await ann.send("before");
    await expect(ben.messages).toHaveText(["before"]);
    const restarted = cluster.database.stop().then(cluster.database.start);
    for (let at = 0; at < 5; at++) {
      await ann.send(`ann ${at}`);
      await ben.send(`ben ${at}`);
    }
    await restarted;
    await ann.send("after");
    const said = Array.from({ length: 5 }, (_, at) => [`ann ${at}`, `ben ${at}`]).flat();
    await expectSame([ann, ben], ["before", ...said, "after"]);
  } finally {
    await cluster.stop();
  }
});

test("a room that cannot be joined says why, and comes once it can", async ({ person, room }) => {
  const cluster = await startCluster([0], ["--publish-wait", "1s"]);
  const [node = ""] = cluster.nodes;
  try {
    const ann = await person(node, room);
    await ann.send("before");
    await expect(ann.messages).toHaveText(["before"]);
    await cluster.database.stop();
    await ann.page.reload();
    await ann.connected();
    const trouble = ann.page.locator("[data-banner]");
    await expect(trouble).toContainText(`#${room} is out of reach.`);
    await expect(trouble).toContainText("It is tried again.");
    await expect(ann.badge).toContainText("is out of reach");
    await ann.send("meanwhile");
    await expect(ann.outgoing.getByText("Waits for the room")).toBeVisible();
    await cluster.database.start();
    await expect(ann.messages).toHaveText(["before", "meanwhile"], { timeout: 30_000 });
    await expect(trouble).toHaveCount(0);
  } finally {
    await cluster.stop();
  }
});

test("a Node server of the old kind is in the same chat, with its own pages and ours", async ({
  person,
}) => {
  const cluster = await startCluster([0]);
  const port = await freePort();
  const old = `http://127.0.0.1:${port}`;
  const server = path.resolve(import.meta.dirname, "../../examples/mixed-cluster/server.mjs");
  const environment = { PORT: `${port}`, HOST: "127.0.0.1", REDIS_URL: cluster.redis };
  const node = await start(process.execPath, [server], () => answers(old), environment);
  const front = await startFront(cluster.nodes[0] ?? "", old);
  try {
    const ann = await person(cluster.nodes[0] ?? "", "lobby");
    const ben = await person(front.url, "lobby");
    await expect(ben.page.getByText("An older server: plain messages only")).toBeVisible();
    await ben.send("from the old server");
    await expect(ann.messages).toHaveText(["from the old server"]);
    await ann.send("to the old server");
    for (const { messages, outgoing } of [ann, ben]) {
      await expect(messages).toHaveText(["from the old server", "to the old server"]);
      await expect(outgoing).toHaveCount(0);
    }

    // What no node of version 1 stored stays in the reader's view, from one server to the other.
    const said = ["from the old server", "to the old server"];
    await cluster.servers[0]?.kill();
    for (const text of ["again", "again"]) {
      await ben.send(text);
      said.push(text);
      await expect(ben.messages).toHaveText(said);
    }
    await cluster.servers[0]?.start();
    for (const [server, notice] of [
      [cluster.nodes[0] ?? "", 0],
      [old, 1],
      [cluster.nodes[0] ?? "", 0],
    ] as const) {
      front.moveTo(server);
      await expect(ben.page.getByText("An older server: plain messages only")).toHaveCount(notice);
      await ben.connected();
      await expect(ben.messages).toHaveText(said);
      const text = `said to ${server}`;
      await ben.send(text);
      said.push(text);
      await expect(ben.messages).toHaveText(said);
      await expect(ben.outgoing).toHaveCount(0);
    }
  } finally {
    await front.stop();
    await node.stop();
    await cluster.stop();
  }
});

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).ok;
  } catch {
    return false;
  }
}
