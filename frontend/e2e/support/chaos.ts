import { setTimeout as delay } from "node:timers/promises";
import type { Server } from "./process";
import { randomFrom } from "./random";

/** How long a server is well on average, and the longest it then fails, in milliseconds. */
const WELL = 3000;
const AWAY = 4000;

/** Servers that fail at random, each on its own, at times together. */
export interface Chaos {
  /** Whether the server of that name is well. */
  isWell(name: string): boolean;
  /** Resolves when the time is over and all are well. */
  readonly over: Promise<unknown>;
}

/**
 * Has servers be killed, end and hang for so many milliseconds, by a course that
 * seed decides; what happens is written to log.
 */
export function startChaos(
  servers: Readonly<Record<string, Server>>,
  lasts: number,
  seed: number,
  log: (line: string) => void,
): Chaos {
  const began = Date.now();
  const failing = new Set<string>();

  async function fail(name: string, server: Server, random: () => number): Promise<void> {
    const away = 100 + random() * AWAY;
    const how = Math.floor(random() * 3);
    const at = ((Date.now() - began) / 1000).toFixed(1);
    log(`${at} s: ${name} ${["is killed", "ends", "hangs"][how]} for ${away.toFixed(0)} ms`);
    failing.add(name);
    if (how === 2) {
      server.hang();
      await delay(away);
      server.resume();
    } else {
      await (how === 0 ? server.kill() : server.stop());
      await delay(away);
      await server.start();
    }
    failing.delete(name);
  }

  async function run(name: string, server: Server, random: () => number): Promise<void> {
    for (;;) {
      const wait = -Math.log(1 - random()) * WELL;
      if (Date.now() - began + wait > lasts) return;
      await delay(wait);
      await fail(name, server, random);
    }
  }

  const all = Object.entries(servers);
  return {
    isWell: (name) => !failing.has(name),
    over: Promise.all(all.map(([name, server], at) => run(name, server, randomFrom(seed + at)))),
  };
}
