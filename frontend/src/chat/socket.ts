import { type Answer, decodeAnswer } from "./decode";

/** The part of a socket.io-client Socket that the chat uses. */
export interface ChatSocket {
  readonly connected: boolean;
  /** Whether the socket seeks a connection on its own. */
  readonly active: boolean;
  /** What waits for the next connection; what is in it goes out before anything else does. */
  readonly sendBuffer: unknown[];
  connect(): unknown;
  disconnect(): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: the arguments are the peer's, each listener judges its own
  on(event: string, listener: (...args: any[]) => void): unknown;
  timeout(milliseconds: number): {
    emit(
      event: string,
      argument: unknown,
      ack: (error: Error | null, answer?: unknown) => void,
    ): unknown;
  };
  readonly volatile: { emit(event: string, argument: unknown): unknown };
  readonly io: {
    readonly engine: {
      readonly transport: { readonly name: string };
      on(event: "upgrade" | "packet", listener: () => void): unknown;
      off(event: "packet", listener: () => void): unknown;
    };
  };
}

/** The code of a problem that is this page's own: no answer came in time, or the connection went. */
export const NO_ANSWER = "no_answer";

/** How long an answer may take, in milliseconds: longer than a server waits for its store. */
export const ANSWER_WAIT = 15_000;

const final: readonly string[] = ["invalid_message", "too_large", "malformed"];

/** Whether asking again can help after a problem of that code. */
export function isPassing(code: string): boolean {
  return !final.includes(code);
}

/** Asks the server and reads its ack with decode; it always comes to an answer. */
export type Request = <T>(
  event: string,
  argument: unknown,
  decode: (body: unknown) => T | null,
) => Promise<Answer<T>>;

/**
 * Requests over socket. A node answers even when its store does not, so one that
 * gave no answer and said nothing else meanwhile hangs, or cannot be reached:
 * onSilence is called long before the pings would tell.
 */
export function createRequest(socket: ChatSocket, onSilence: () => void): Request {
  return (event, argument, decode) =>
    new Promise((resolve) => {
      const { engine } = socket.io;
      let silent = true;
      const hear = () => {
        silent = false;
      };
      engine.on("packet", hear);
      socket.timeout(ANSWER_WAIT).emit(event, argument, (error, answer) => {
        engine.off("packet", hear);
        if (error === null || error === undefined) {
          resolve(decodeAnswer(answer, decode));
          return;
        }
        const message = "The server did not answer.";
        resolve({ ok: false, problem: { code: NO_ANSWER, message } });
        if (silent && socket.connected && socket.io.engine === engine) onSilence();
      });
    });
}
