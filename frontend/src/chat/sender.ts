import { backoff } from "./backoff";
import { decodeSent } from "./decode";
import { parseAck, SEND_EVENT, UNKNOWN_OUTCOME } from "./legacy";
import { change, nextByKey, type Outgoing, without } from "./outbox";
import { accepted } from "./plain";
import { EVENTS, LOBBY, type Problem, type SendRequest } from "./protocol";
import { sent } from "./room";
import { ANSWER_WAIT, type ChatSocket, isPassing, type Request } from "./socket";
import { withRoom } from "./state";
import type { StateStore } from "./store";

/** How long a message is tried anew while connected before its writer is asked, in milliseconds. */
export const PATIENCE = 60_000;

/** Brings the outbox to the server, in order, each message once. */
export interface Sender {
  /** Sends what can be sent now; to be called whenever that may have changed. */
  pump(): void;
  /** The connection is gone: what is tried again starts with fresh patience. */
  rest(): void;
}

/** The sender over socket; joined are the rooms that the server let this connection into. */
export function createSender(
  socket: ChatSocket,
  request: Request,
  store: StateStore,
  joined: ReadonlySet<string>,
  now: () => number,
): Sender {
  let retry: ReturnType<typeof setTimeout> | undefined;
  let attempts = 0;
  let since = 0;

  function update(key: string, fields: Partial<Outgoing>): void {
    store.update((state) => ({ ...state, outbox: change(state.outbox, key, fields) }));
  }

  /** Changes an entry that is about to leave; false where it is another page's by now. */
  function leaves(key: string, fields: Partial<Outgoing>): boolean {
    update(key, { ...fields, status: "sending" });
    return store.get().outbox.some((entry) => entry.key === key);
  }

  function rest(): void {
    clearTimeout(retry);
    retry = undefined;
    attempts = 0;
  }

  function pump(): void {
    if (!socket.connected) return;
    const { mode, outbox } = store.get();
    if (mode === "plain") sendPlain(outbox);
    if (mode !== "chat" || retry !== undefined) return;
    const entry = nextByKey(outbox, joined);
    if (entry !== undefined) void sendByKey(entry);
  }

  async function sendByKey({ key, room, text }: Outgoing): Promise<void> {
    if (attempts === 0) since = now();
    attempts++;
    if (!leaves(key, { via: "key" })) return pump();
    const argument: SendRequest = { room, key, text };
    const answer = await request(EVENTS.send, argument, decodeSent);
    if (answer.ok) {
      rest();
      const { id, time } = answer.value;
      store.update((state) => ({
        ...withRoom(state, room, (it) => sent(it, { id, room, time, from: state.you, text, key })),
        outbox: without(state.outbox, key),
      }));
    } else if (socket.connected) {
      refused(key, answer.problem);
    }
    pump();
  }

  function refused(key: string, problem: Problem): void {
    if (!isPassing(problem.code) || now() - since > PATIENCE) {
      rest();
      update(key, { status: "failed", problem });
      return;
    }
    update(key, { status: "waiting", problem });
    retry = setTimeout(() => {
      retry = undefined;
      pump();
    }, backoff(attempts));
  }

  function sendPlain(outbox: readonly Outgoing[]): void {
    for (const { key, room, text, status, via } of outbox) {
      if (status !== "waiting" || room !== LOBBY) continue;
      if (via === "key") {
        // A server of the old kind would not know it again.
        update(key, { status: "uncertain" });
        continue;
      }
      if (!leaves(key, { via: "plain", accepted: false })) continue;
      doubtLater(key);
      socket.emit(SEND_EVENT, { message: text }, (ack: unknown) => {
        const failure = parseAck(ack);
        if (failure === null) store.update((state) => accepted(state, key, now()));
        else if (failure.code === UNKNOWN_OUTCOME) update(key, { status: "uncertain" });
        else update(key, { status: "failed", problem: failure });
      });
    }
  }

  /** Asks the writer when neither an ack nor the message itself comes back in time. */
  function doubtLater(key: string): void {
    const find = () => store.get().outbox.find((entry) => entry.key === key);
    const sending = find();
    setTimeout(() => {
      if (find() === sending) update(key, { status: "uncertain" });
    }, ANSWER_WAIT);
  }

  return { pump, rest };
}
