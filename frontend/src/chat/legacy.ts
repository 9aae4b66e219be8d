import { isId } from "./ids";

/** The event a client sends: `{message: text}`, with an acknowledgement. */
export const SEND_EVENT = "event:message";
/** The event a server sends: one JSON text, `{"message": …}`. */
export const RECEIVE_EVENT = "message";
/** The event a server reports a refusal with when there is no acknowledgement. */
export const ERROR_EVENT = "error";

/** The code of a failure by which the server says that it cannot tell the outcome. */
export const UNKNOWN_OUTCOME = "unknown";

/** Why a server did not take a message. */
export interface Failure {
  /** A stable word for programs, "" when the server gave none. */
  readonly code: string;
  /** A sentence for people. */
  readonly message: string;
}

/** A refusal a server reported on its own, and the event it is about. */
export interface Refusal extends Failure {
  /** The name of the refused event, "" when the server gave none. */
  readonly event: string;
}

/**
 * The text of a received message: a string as it is, any other JSON value as
 * JSON. Null when the argument is not the JSON text of an object with a
 * `message`: other programs publish to the same channel.
 */
export function parseMessage(argument: unknown): string | null {
  if (typeof argument !== "string") return null;
  try {
    const body = record(JSON.parse(argument));
    if (body === null || !Object.hasOwn(body, "message")) return null;
    return typeof body.message === "string" ? body.message : JSON.stringify(body.message);
  } catch {
    return null; // no JSON, or nested deeper than the engine's stack
  }
}

/**
 * The id under which a node of version 1 stored a received message, as it tells
 * others on the channel; "" where the message names none.
 */
export function storedId(argument: unknown): string {
  if (typeof argument !== "string") return "";
  try {
    const id = record(record(JSON.parse(argument))?.chat)?.id;
    return isId(id) ? id : "";
  } catch {
    return "";
  }
}

/**
 * The failure an acknowledgement reports, or null for one that reports none.
 * Only an explicit `ok: false` is a failure.
 */
export function parseAck(ack: unknown): Failure | null {
  const body = record(ack);
  if (body?.ok !== false) return null;
  return failure(record(body.error));
}

/** The refusal an `error` event carries, tolerant of whatever is missing. */
export function parseRefusal(argument: unknown): Refusal {
  const body = record(argument);
  return { ...failure(body), event: text(body?.event) };
}

function failure(body: Record<string, unknown> | null): Failure {
  return {
    code: text(body?.code),
    message: text(body?.message) || "The server refused it and gave no reason.",
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
}
