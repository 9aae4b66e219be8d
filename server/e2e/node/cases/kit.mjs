// What the cases share. A case is a function of {connect, url, transports}; it
// throws where something is not as it should be.
import { Manager, io } from "socket.io-client";

export const WAIT_MS = 20_000;

// kit makes what a case works with, and close, which ends its clients.
export function kit({ url, transports, namespace }) {
  const sockets = [];
  const managers = [];
  const options = { transports, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 100 };

  // begin starts a client of the case's namespace and does not wait for it.
  function begin(more = {}, of = namespace) {
    const socket = io(url + of, { ...options, ...more });
    sockets.push(socket);
    return socket;
  }
  return {
    url,
    transports,
    namespace,
    begin,
    async connect(more, of) {
      const socket = begin(more, of);
      if (!socket.connected) await once(socket, "connect");
      return socket;
    },
    // manager is a connection that several namespaces may share.
    manager() {
      const manager = new Manager(url, options);
      managers.push(manager);
      return manager;
    },
    close() {
      for (const socket of sockets) socket.disconnect();
      for (const manager of managers) for (const nsp of Object.values(manager.nsps)) nsp.disconnect();
    },
  };
}

export function within(promise, what, ms = WAIT_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// once resolves to the arguments of a socket's next event.
export function once(socket, event) {
  return within(new Promise((resolve) => socket.once(event, (...args) => resolve(args))), event);
}

// ask resolves to the arguments of an event's acknowledgement.
export function ask(socket, event, ...args) {
  return within(new Promise((resolve) => socket.emit(event, ...args, (...answer) => resolve(answer))), `ack of ${event}`);
}

// crowd runs f for 0 … count-1, at most atOnce at a time.
export async function crowd(count, atOnce, f) {
  let next = 0;
  const worker = async () => {
    while (next < count) await f(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
