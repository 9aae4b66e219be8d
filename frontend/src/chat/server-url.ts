/**
 * The origin of the server a page is configured for, or "" for the one that
 * serves it. Throws when the value is not an http(s) URL of a server alone:
 * a path would be taken for a Socket.IO namespace.
 */
export function serverOrigin(value: string | undefined): string {
  const text = value?.trim() ?? "";
  if (text === "") return "";
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain =
    url !== null &&
    (url.protocol === "http:" || url.protocol === "https:") &&
    url.username === "" &&
    url.password === "" &&
    url.pathname === "/" &&
    url.search === "" &&
    url.hash === "";
  if (!plain) {
    throw new Error(
      "NEXT_PUBLIC_SERVER_URL must be a server's address such as http://localhost:8000, " +
        "without user, path or query",
    );
  }
  return url.origin;
}
