import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort, isTaken, type Program, type Running, start } from "./process";

/** Nodes that are one chat. */
export interface Cluster extends Running {
  /** Their addresses, such as http://127.0.0.1:8000. */
  readonly nodes: readonly string[];
  readonly redis: string;
  /** Ends a node as a crash does. */
  killNode(index: number): Promise<void>;
  /** Starts a node again that was ended, at the same address. */
  startNode(index: number): Promise<void>;
  /** Stops Redis, and starts it again with what it held; between runs meanwhile. */
  restartRedis(between?: () => Promise<void>): Promise<void>;
}

const binary = path.resolve(
  process.env.NUDGE_BIN || path.join(import.meta.dirname, "../../../bin/nudge"),
);

/** Starts a Redis and a node on each port, 0 being a free one; flags are for each node. */
export async function startCluster(
  ports: readonly number[],
  flags: readonly string[] = [],
): Promise<Cluster> {
  const data = await mkdtemp(path.join(tmpdir(), "nudge-redis-"));
  const started: Program[] = [];
  const redisPort = await freePort();
  const redis = `redis://127.0.0.1:${redisPort}`;
  const startRedis = () =>
    start(
      "redis-server",
      [
        ...["--bind", "127.0.0.1", "--port", `${redisPort}`, "--dir", data],
        ...["--save", "", "--appendonly", "yes", "--appendfsync", "always"],
      ],
      () => isTaken(redisPort, "127.0.0.1"),
    );
  let database: Program | undefined;
  const stop = async () => {
    for (const node of started.splice(0).reverse()) await node.stop();
    await database?.stop();
    await rm(data, { recursive: true, force: true });
  };
  try {
    database = await startRedis();
    const nodes: string[] = [];
    const starts: (() => Promise<Program>)[] = [];
    for (const wanted of ports) {
      const port = wanted || (await freePort());
      const again = () => startNode(port, ["--redis", redis, ...flags]);
      starts.push(again);
      started.push(await again());
      nodes.push(addressOf(port));
    }
    return {
      nodes,
      redis,
      stop,
      killNode: async (index) => started[index]?.kill(),
      async startNode(index) {
        const node = await starts[index]?.();
        if (node !== undefined) started[index] = node;
      },
      async restartRedis(between) {
        await database?.stop();
        await between?.();
        database = await startRedis();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts one node without a Redis. */
export async function startAlone(
  flags: readonly string[] = [],
): Promise<Running & { readonly url: string }> {
  const port = await freePort();
  const node = await startNode(port, flags);
  return { ...node, url: addressOf(port) };
}

function startNode(port: number, flags: readonly string[]): Promise<Program> {
  if (!existsSync(binary)) {
    throw new Error(`${binary} does not exist: build it, or name another with NUDGE_BIN`);
  }
  return start(binary, ["serve", "--host", "127.0.0.1", "--port", `${port}`, ...flags], () =>
    isReady(addressOf(port)),
  );
}

const addressOf = (port: number) => `http://127.0.0.1:${port}`;

async function isReady(node: string): Promise<boolean> {
  try {
    return (await fetch(`${node}/readyz`)).ok;
  } catch {
    return false;
  }
}
