import type { Problem } from "./protocol";

/** What codes mean to someone who writes and reads messages. */
const problems: ReadonlyMap<string, string> = new Map([
  ["busy", "The server has too much to do."],
  ["unavailable", "The server cannot store or read messages right now."],
  ["unknown", "The server does not know whether it arrived."],
  ["shutting_down", "The server is shutting down."],
  ["rate_limited", "That was too much in a short time."],
  ["internal", "The server made a mistake."],
]);

/** What socket.io-client calls the ways a connection is lost, or not found. */
const reasons: ReadonlyMap<string, string> = new Map([
  ["xhr poll error", "the server cannot be reached"],
  ["xhr post error", "the server cannot be reached"],
  ["websocket error", "the server cannot be reached"],
  ["timeout", "the server does not answer"],
  ["ping timeout", "the server does not answer"],
  ["transport close", "the connection broke off"],
  ["transport error", "the connection broke off"],
  ["parse error", "the server sent what is no message"],
  ["io server disconnect", "the server ended the connection"],
  ["io client disconnect", "the connection is made anew"],
]);

/** A problem as a sentence for people. */
export function problemWords({ code, message }: Problem): string {
  const known = problems.get(code);
  if (known !== undefined) return known;
  // Which rule was broken says more than that one was.
  const text = message.replace(/^the message is malformed: /, "").trim();
  if (text === "") return "The server gave no reason.";
  const [first = ""] = text;
  const sentence = first.toUpperCase() + text.slice(first.length);
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** Why there is no connection, in words for people; what a server said stays as it is. */
export function reasonWords(reason: string): string {
  return reasons.get(reason) ?? reason;
}
