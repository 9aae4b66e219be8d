import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  freePort,
  isTaken,
  type Program,
  type Running,
  type Server,
  server,
  start,
} from "./process";

/** Nodes that are one chat. */
export interface Cluster extends Running {
  /** Their addresses, such as http://127.0.0.1:8000. */
  readonly nodes: readonly string[];
  /** The nodes themselves, in the same order. */
  readonly servers: readonly Server[];
  /** The address of Redis, such as redis://127.0.0.1:6379. */
  readonly redis: string;
  /** Redis itself; what it acknowledged outlives it. */
  readonly database: Server;
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
  const started: Running[] = [];
  const stop = async () => {
    for (const one of started.splice(0).reverse()) await one.stop();
    await rm(data, { recursive: true, force: true });
  };
  async function keep(first: () => Promise<Program>, again = first): Promise<Server> {
    const one = server(await first(), again);
    started.push(one);
    return one;
  }
  const redisPort = await freePort();
  const redis = `redis://127.0.0.1:${redisPort}`;
  try {
    const database = await keep(() =>
      start(
        "redis-server",
        [
          ...["--bind", "127.0.0.1", "--port", `${redisPort}`, "--dir", data],
          ...["--save", "", "--appendonly", "yes", "--appendfsync", "always"],
        ],
        () => isTaken(redisPort, "127.0.0.1"),
      ),
    );
    const nodes: string[] = [];
    const servers: Server[] = [];
    for (const wanted of ports) {
      const port = wanted || (await freePort());
      const run = (check: string) => () => startNode(port, ["--redis", redis, ...flags], check);
      servers.push(await keep(run("/readyz"), run("/healthz")));
      nodes.push(addressOf(port));
    }
    return { nodes, servers, redis, database, stop };
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
  const node = await startNode(port, flags, "/readyz");
  return { ...node, url: addressOf(port) };
}

/** Starts a node and waits until the check at that path is well. */
function startNode(port: number, flags: readonly string[], check: string): Promise<Program> {
  if (!existsSync(binary)) {
    throw new Error(`${binary} does not exist: build it, or name another with NUDGE_BIN`);
  }
  return start(binary, ["serve", "--host", "127.0.0.1", "--port", `${port}`, ...flags], () =>
    isWell(addressOf(port) + check),
  );
}

const addressOf = (port: number) => `http://127.0.0.1:${port}`;

async function isWell(check: string): Promise<boolean> {
  try {
    return (await fetch(check)).ok;
  } catch {
    return false;
  }
}
