import { connect, createServer, type Socket } from "node:net";
import type { Running } from "./process";

/** A network between a page and a node that can be cut. */
export interface Proxy extends Running {
  readonly url: string;
  /** Ends every connection, and each new one at once, until restore. */
  cut(): void;
  restore(): void;
  /** Ends every connection, and leads each new one to another node, as a balancer does. */
  moveTo(node: string): void;
}

/**
 * Starts a proxy before a node, an address such as http://127.0.0.1:8000, or
 * before the node that each new connection is told.
 */
export async function startProxy(node: string | (() => string)): Promise<Proxy> {
  let choose = typeof node === "string" ? () => node : node;
  const sockets = new Set<Socket>();
  let isCut = false;

  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const target = new URL(choose());
    const upstream = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on("error", () => from.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    cut,
    restore: () => {
      isCut = false;
    },
    moveTo: (node) => {
      choose = () => node;
      for (const socket of sockets) socket.destroy();
    },
    stop: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
