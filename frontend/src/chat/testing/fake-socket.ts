import type { ChatSocket } from "../socket";

type Listener = (...args: unknown[]) => void;
type Ack = (error: Error | null, answer?: unknown) => void;
interface Sent {
  readonly event: string;
  readonly argument: unknown;
  ack?: Ack;
}

/** A socket whose server is the test. */
export class FakeSocket implements ChatSocket {
  connected = false;
  active = true;
  connects = 0;
  /** Whether the pings say that the connection is gone before anything else does. */
  isStale = false;
  readonly sendBuffer: Sent[] = [];
  readonly #sent: Sent[] = [];
  readonly #listeners = new Map<string, Listener>();
  #upgrade: Listener = () => {};
  readonly #hearers = new Set<Listener>();
  readonly io = {
    engine: {
      transport: { name: "polling" },
      on: (event: "upgrade" | "packet", listener: () => void) => {
        if (event === "packet") this.#hearers.add(listener);
        else this.#upgrade = listener;
      },
      off: (_: "packet", listener: () => void) => {
        this.#hearers.delete(listener);
      },
    },
  };
  readonly volatile = { emit: (event: string, argument: unknown) => this.emit(event, argument) };

  connect() {
    this.connects++;
  }
  disconnect() {
    if (this.connected) this.receive("disconnect", "io client disconnect");
  }
  emit(event: string, argument: unknown, ack?: (answer: unknown) => void) {
    this.#send({ event, argument, ...(ack && { ack: (_, answer) => ack(answer) }) });
  }
  timeout() {
    return {
      emit: (event: string, argument: unknown, ack: Ack) => {
        this.#send({ event, argument, ack });
      },
    };
  }
  on(event: string, listener: Listener) {
    this.#listeners.set(event, listener);
  }

  /** The arguments of all events of that name so far. */
  sent(event: string): unknown[] {
    return this.#sent.filter((it) => it.event === event).map(({ argument }) => argument);
  }
  /** Something comes from the server, or happens to the connection. */
  receive(event: string, ...args: unknown[]) {
    if (event === "connect" || event === "disconnect") this.connected = event === "connect";
    if (event === "connect") {
      this.isStale = false;
      this.#sent.push(...this.sendBuffer.splice(0));
    }
    const listener = this.#listeners.get(event);
    if (!listener) throw new Error(`nobody listens to ${event}`);
    listener(...args);
  }
  /** Answers the oldest request of that name that has no answer. */
  answer(event: string, answer: unknown): Promise<void> {
    return this.#settle(event, null, answer);
  }
  /** No answer comes to the oldest request of that name. */
  fail(event: string): Promise<void> {
    return this.#settle(event, new Error("no answer"));
  }
  /** How many listen to whatever comes. */
  get hearers(): number {
    return this.#hearers.size;
  }
  /** A packet comes that nobody asked for. */
  hear() {
    for (const hearer of this.#hearers) hearer();
  }
  upgrade() {
    this.io.engine.transport.name = "websocket";
    this.#upgrade();
  }

  #send(sent: Sent): void {
    if (this.isStale) this.sendBuffer.push(sent);
    else this.#sent.push(sent);
  }

  async #settle(event: string, error: Error | null, answer?: unknown): Promise<void> {
    const request = this.#sent.find((it) => it.event === event && it.ack);
    if (!request?.ack) throw new Error(`no ${event} waits for an answer`);
    const { ack } = request;
    delete request.ack;
    ack(error, answer);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
}
