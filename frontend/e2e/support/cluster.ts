import { existsSync } from "node:fs";
import path from "node:path";
import { freePort, isTaken, type Running, start } from "./process";

/** Nodes that are one chat. */
export interface Cluster extends Running {
  /** Their addresses, such as http://127.0.0.1:8000. */
  readonly nodes: readonly string[];
}

const binary = path.resolve(
  process.env.NUDGE_BIN || path.join(import.meta.dirname, "../../../bin/nudge"),
);

/** Starts a Redis and a node on each port, 0 being a free one. */
export async function startCluster(ports: readonly number[]): Promise<Cluster> {
  if (!existsSync(binary)) {
    throw new Error(`${binary} does not exist: build it, or name another with NUDGE_BIN`);
  }
  const running: Running[] = [];
  const stop = async () => {
    for (const process of running.splice(0).reverse()) await process.stop();
  };
  try {
    const redisPort = await freePort();
    running.push(
      await start(
        "redis-server",
        ["--bind", "127.0.0.1", "--port", `${redisPort}`, "--save", "", "--appendonly", "no"],
        () => isTaken(redisPort, "127.0.0.1"),
      ),
    );
    const nodes: string[] = [];
    for (const wanted of ports) {
      const port = wanted || (await freePort());
      const node = `http://127.0.0.1:${port}`;
      const redis = `redis://127.0.0.1:${redisPort}`;
      running.push(
        await start(
          binary,
          ["serve", "--host", "127.0.0.1", "--port", `${port}`, "--redis", redis],
          () => isReady(node),
        ),
      );
      nodes.push(node);
    }
    return { nodes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function isReady(node: string): Promise<boolean> {
  try {
    return (await fetch(`${node}/readyz`)).ok;
  } catch {
    return false;
  }
}
