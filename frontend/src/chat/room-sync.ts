import { backoff } from "./backoff";
import { decodeHistory, decodeJoin } from "./decode";
import { without } from "./outbox";
import {
  EVENTS,
  type HistoryAnswer,
  type HistoryRequest,
  type JoinRequest,
  type Message,
  type Problem,
} from "./protocol";
import { reunite } from "./reunion";
import { attended, caughtUpWith, interrupted, joined, older, type Reader, type Room } from "./room";
import { isPassing, type Request } from "./socket";
import { type ChatState, roomOf, withRoom } from "./state";
import type { StateStore } from "./store";

/** How many messages a first look at a room shows, and how many one more page of the past. */
export const PAGE = 50;
/** How many messages one page of what was missed holds. */
const CATCH_UP = 100;

/** Keeps the rooms of the page in step with the server. */
export interface RoomSync {
  /** The rooms that the server let this connection into. */
  readonly joined: ReadonlySet<string>;
  /** Joins a room and brings what was missed. */
  join(name: string): Promise<void>;
  /** Brings what may be missing of a room, once it is joined. */
  resync(name: string): void;
  /** Brings a page of the past. */
  loadOlder(name: string): Promise<void>;
  leave(name: string): void;
  /** The connection is gone: answers that still come are not for the next one. */
  reset(): void;
}

/** The sync by request; isAttending says whether the reader looks at a room's end. */
export function createRoomSync(
  request: Request,
  store: StateStore,
  isAttending: (room: string) => boolean,
  onJoined: () => void,
): RoomSync {
  const members = new Set<string>();
  /** Rooms whose node lost its place before it answered their join. */
  const missed = new Set<string>();
  /** The last run of each room through what it missed: a newer one ends an older. */
  const runs = new Map<string, symbol>();
  let epoch = 0;

  /** Applies a page of messages to a room, and takes from the outbox what came back. */
  function apply<Page extends { messages: Message[] }>(
    name: string,
    page: Page,
    change: (room: Room, page: Page, reader: Reader) => Room,
  ): void {
    store.update((state) => {
      const told = reunite(state, page.messages);
      const reader = { you: state.you, attending: false, shown: told.shown };
      const changed = withRoom(told.state, name, (room) => {
        const after = change(room, { ...page, messages: [...told.messages] }, reader);
        return isAttending(name) ? attended(after) : after;
      });
      return confirmed(changed, page.messages);
    });
  }

  /** Notes why a room does not come, and in which phase it is from now on where it changes. */
  function refused(name: string, problem: Problem, phase?: Room["phase"]): void {
    store.update((state) =>
      withRoom(state, name, (it) => ({ ...it, problem, phase: phase ?? it.phase })),
    );
  }

  /** Waits before attempt; false when the connection has gone meanwhile. */
  async function pause(attempt: number, during: number): Promise<boolean> {
    await new Promise((resolve) => setTimeout(resolve, backoff(attempt)));
    return during === epoch;
  }

  async function join(name: string): Promise<void> {
    const during = epoch;
    for (let attempt = 1; ; attempt++) {
      const room = roomOf(store.get(), name);
      if (room === undefined) return;
      const after = room.safe;
      const argument: JoinRequest =
        after === "" ? { room: name, last: PAGE } : { room: name, after, last: CATCH_UP };
      const answer = await request(EVENTS.join, argument, decodeJoin);
      if (during !== epoch) return;
      if (answer.ok) {
        if (roomOf(store.get(), name) === undefined) {
          tellLeft(name); // the reader left before the answer came
          return;
        }
        members.add(name);
        apply(name, answer.value, (it, page, reader) => joined(it, page, after, reader));
        onJoined();
        if (missed.delete(name)) resync(name);
        else if (after !== "" && answer.value.more) await catchUp(name);
        return;
      }
      if (!isPassing(answer.problem.code)) {
        refused(name, answer.problem, "failed");
        return;
      }
      refused(name, answer.problem);
      if (!(await pause(attempt, during))) return;
    }
  }

  /** Pages through what was missed until nothing is. */
  async function catchUp(name: string): Promise<void> {
    const during = epoch;
    const run = Symbol(name);
    runs.set(name, run);
    for (let attempt = 1; ; ) {
      const after = roomOf(store.get(), name)?.safe;
      if (after === undefined || !members.has(name)) return;
      const argument: HistoryRequest =
        after === "" ? { room: name, last: PAGE } : { room: name, after, last: CATCH_UP };
      const answer = await request(EVENTS.history, argument, decodeHistory);
      if (during !== epoch || runs.get(name) !== run) return;
      if (answer.ok) {
        const page: HistoryAnswer = after === "" ? { ...answer.value, more: false } : answer.value;
        apply(name, page, (it, told, reader) => caughtUpWith(it, told, after, reader));
        if (!page.more || page.messages.length === 0) return;
        attempt = 1;
        continue;
      }
      if (!isPassing(answer.problem.code)) return;
      refused(name, answer.problem);
      if (!(await pause(attempt++, during))) return;
    }
  }

  async function loadOlder(name: string): Promise<void> {
    const room = roomOf(store.get(), name);
    const before = room?.messages[0]?.id;
    if (!room?.more || before === undefined || room.older === "loading") return;
    if (!members.has(name)) return;
    const during = epoch;
    const set = (phase: Room["older"]) =>
      store.update((state) => withRoom(state, name, (it) => ({ ...it, older: phase })));
    set("loading");
    const argument: HistoryRequest = { room: name, before, last: PAGE };
    const answer = await request(EVENTS.history, argument, decodeHistory);
    if (during !== epoch) return;
    if (!answer.ok) set("failed");
    else apply(name, answer.value, older);
  }

  function resync(name: string): void {
    if (!members.has(name)) {
      missed.add(name);
      return;
    }
    store.update((state) => withRoom(state, name, interrupted));
    void catchUp(name);
  }

  function tellLeft(name: string): void {
    void request(EVENTS.leave, { room: name }, (body) => body ?? {});
  }

  return {
    joined: members,
    join,
    loadOlder,
    resync(name) {
      if (roomOf(store.get(), name) !== undefined) resync(name);
    },
    leave(name) {
      if (members.delete(name)) tellLeft(name);
    },
    reset() {
      epoch++;
      members.clear();
      missed.clear();
    },
  };
}

/** The state without the entries of the outbox that messages are. */
export function confirmed(state: ChatState, messages: readonly Message[]): ChatState {
  if (state.outbox.length === 0) return state;
  const keys = messages.flatMap(({ key, from }) =>
    key !== undefined && from?.id === state.you?.id ? [key] : [],
  );
  const outbox = without(state.outbox, ...keys);
  return outbox === state.outbox ? state : { ...state, outbox };
}
