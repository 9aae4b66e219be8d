import { setTimeout as delay } from "node:timers/promises";
import { startChaos } from "./support/chaos";
import type { ChatPage } from "./support/chat-page";
import { type Cluster, startCluster } from "./support/cluster";
import { type Proxy as Port, startProxy } from "./support/proxy";
import { randomFrom } from "./support/random";
import { expect, test } from "./support/test";

/** The time between two messages of one person, in milliseconds. */
const PAUSE = 200;

/**
 * What a browser says of its own accord when a server does not answer, or ends the
 * connection in the moment in which the page says something.
 */
const network =
  /^(request failed: |[45]\d\d: \S+\/socket\.io\/|console (error|warning): (WebSocket connection to|WebSocket is already in CLOSING|Failed to load resource))/;

/** Starts a port that leads to a node that is well, and stays with it until it is not. */
function startBalancer(cluster: Cluster, isWell: (node: number) => boolean): Promise<Port> {
  let current = 0;
  return startProxy(() => {
    if (!isWell(current)) {
      const other = cluster.nodes.findIndex((_, node) => isWell(node));
      if (other >= 0) current = other;
    }
    return cluster.nodes[current] ?? "";
  });
}

/** Loads the page anew until it comes. */
async function reload(chat: ChatPage): Promise<void> {
  await expect(() => chat.page.reload({ timeout: 5000 })).toPass({ timeout: 30_000 });
  await expect(chat.input).toBeVisible();
}

for (const [length, seconds, tag] of [
  ["a while", 10, []],
  ["a minute", 60, ["@long"]],
] as const) {
  test(`servers die and hang at random for ${length}, and two people miss nothing`, {
    tag: [...tag],
  }, async ({ person, room, complaints }) => {
    test.setTimeout(seconds * 1000 + 120_000);
    const seed = Number(process.env.NUDGE_E2E_SEED || Date.now() % 1_000_000);
    const log = (line: string) => process.stdout.write(`${line}\n`);
    log(`seed ${seed}; the same again with NUDGE_E2E_SEED=${seed}`);

    const cluster = await startCluster(
      [0, 0, 0],
      ["--ping-interval", "1s", "--ping-timeout", "2s"],
    );
    const [one, two, three] = cluster.servers as [never, never, never];
    let isWell: (name: string) => boolean = () => true;
    const balancers: Port[] = [];
    try {
      const pages: ChatPage[] = [];
      for (let at = 0; at < 2; at++) {
        const balancer = await startBalancer(cluster, (node) => isWell(`node ${node + 1}`));
        balancers.push(balancer);
        pages.push(await person(balancer.url, room));
      }

      const servers = { "node 1": one, "node 2": two, "node 3": three, Redis: cluster.database };
      const chaos = startChaos(servers, seconds * 1000, seed, log);
      isWell = chaos.isWell;
      let over = false;
      const written = pages.map(async (chat, at) => {
        const random = randomFrom(seed + 100 + at);
        const texts: string[] = [];
        while (!over) {
          if (random() < 0.03) await reload(chat);
          const text = `person ${at + 1}, message ${texts.length + 1}`;
          texts.push(text);
          await chat.send(text);
          await delay(PAUSE);
        }
        return texts;
      });
      await chaos.over;
      over = true;
      const said = await Promise.all(written);

      for (const chat of pages) {
        // By polling, too: a client does not try an upgrade again that the end of a node cut off.
        await expect(chat.badge).toContainText(/^Connected/);
        await expect(chat.outgoing).toHaveCount(0, { timeout: 30_000 });
        await expect(chat.alerts).toHaveCount(0);
      }
      const last = await person(balancers[0]?.url ?? "", room);
      const lists: string[][] = [];
      for (const chat of [...pages, last]) {
        await chat.toBeginning();
        const shown = await chat.readAll();
        lists.push(shown);
        for (const [at, texts] of said.entries()) {
          const own = shown.filter((text) => text.startsWith(`person ${at + 1},`));
          expect(own, `what person ${at + 1} said`).toEqual(texts);
        }
        expect(shown).toHaveLength(said.flat().length);
        expect(shown).toEqual(lists[0]);
      }
      expect(complaints.filter((complaint) => !network.test(complaint))).toEqual([]);
    } finally {
      for (const balancer of balancers) await balancer.stop();
      await cluster.stop();
    }
  });
}
