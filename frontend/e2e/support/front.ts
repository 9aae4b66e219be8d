import { type ClientRequest, createServer, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import type { Running } from "./process";

/** A front that serves a node's page, and leads its connections to another server. */
export interface Front extends Running {
  readonly url: string;
  /** Ends every connection, and leads each new one to another server. */
  moveTo(server: string): void;
}

/** Starts a front before page and server, addresses such as http://127.0.0.1:8000. */
export async function startFront(page: string, server: string): Promise<Front> {
  let current = server;
  const forward = (from: IncomingMessage): ClientRequest => {
    const target = from.url?.startsWith("/socket.io/?") ? current : page;
    const { method, headers } = from;
    return request(target + from.url, { method: method ?? "GET", headers });
  };
  const front = createServer((from, to) => {
    const upstream = forward(from).on("response", (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    upstream.on("error", () => to.destroy());
    from.pipe(upstream);
  });
  const sockets = new Set<Socket>();
  front.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  front.on("upgrade", (from, client, head) => {
    const upstream = forward(from).on("upgrade", (answer, socket, rest) => {
      const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`);
      client.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join("\r\n")}\r\n\r\n`);
      client.write(rest);
      socket.write(head);
      socket.pipe(client).pipe(socket);
      socket.on("error", () => client.destroy());
      client.on("error", () => socket.destroy());
    });
    upstream.on("error", () => client.destroy());
    upstream.end();
  });
  await new Promise<void>((resolve, reject) => {
    front.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = front.address();
  if (address === null || typeof address === "string") throw new Error("the front has no port");
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    moveTo(next) {
      current = next;
      cut();
    },
    stop() {
      cut();
      return new Promise((resolve) => {
        front.close(() => resolve());
      });
    },
  };
}
