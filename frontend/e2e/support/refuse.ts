import type { BrowserContext } from "@playwright/test";

/** Has each message that pages of the context send from now on be refused, until the result is called. */
export async function refuseMessages(context: BrowserContext, why: string): Promise<() => void> {
  let refuses = true;
  await context.routeWebSocket(/\/socket\.io\//, (client) => {
    const server = client.connectToServer();
    client.onMessage((frame) => {
      const id = /^42(\d+)\["chat:send"/.exec(frame.toString())?.[1];
      if (refuses && id !== undefined) {
        const error = { code: "too_large", message: why };
        client.send(`43${id}${JSON.stringify([{ ok: false, error }])}`);
      } else {
        server.send(frame);
      }
    });
  });
  return () => {
    refuses = false;
  };
}
