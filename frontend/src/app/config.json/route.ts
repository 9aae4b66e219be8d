import { serverOrigin } from "@/chat/server-url";

export const dynamic = "force-static";

/**
 * What the page was built for. The server that embeds the export reads it: the
 * page may connect only where its content security policy lets it.
 */
export function GET(): Response {
  return Response.json({ server: serverOrigin(process.env.NEXT_PUBLIC_SERVER_URL) });
}
