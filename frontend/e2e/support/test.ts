import {
  type BrowserContext,
  type BrowserContextOptions,
  test as base,
  expect,
  type Page,
} from "@playwright/test";
import { ChatPage } from "./chat-page";
import { startCluster } from "./cluster";

interface TestFixtures {
  /** Opens the page as a person of their own, in a browser of their own. */
  readonly person: (
    url: string,
    room: string,
    options?: BrowserContextOptions,
  ) => Promise<ChatPage>;
  /** A room of the test's own. */
  readonly room: string;
  /** What went wrong in any page of the context: a test that expects nothing wrong holds it empty. */
  readonly complaints: string[];
}

interface WorkerFixtures {
  /** Two nodes on one Redis, those of NUDGE_E2E_NODES or started for the tests. */
  readonly nodes: readonly [string, string];
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  nodes: [
    // biome-ignore lint/correctness/noEmptyPattern: the pattern is how Playwright sees that nothing is needed
    async ({}, use) => {
      const given = (process.env.NUDGE_E2E_NODES ?? "").split(",").filter((url) => url !== "");
      if (given.length > 0) {
        await use(pair(given));
        return;
      }
      const cluster = await startCluster([0, 0]);
      await use(pair(cluster.nodes));
      await cluster.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],

  // biome-ignore lint/correctness/noEmptyPattern: the pattern is how Playwright sees that nothing is needed
  room: async ({}, use, info) => {
    await use(info.title.replaceAll(/[^a-z0-9]+/g, "-").slice(0, 40));
  },

  person: async ({ browser, complaints }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (url, room, options) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      await listen(context, complaints);
      return ChatPage.open(context, url, room);
    });
    for (const context of contexts) await context.close();
  },

  complaints: async ({ context }, use) => {
    const complaints: string[] = [];
    await listen(context, complaints);
    await use(complaints);
  },
});

async function listen(context: BrowserContext, complaints: string[]): Promise<void> {
  await context.exposeFunction("reportViolation", (text: string) => {
    complaints.push(`content security policy: ${text}`);
  });
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const { reportViolation } = window as unknown as { reportViolation(text: string): void };
      reportViolation(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  context.on("page", (page) => watch(page, complaints));
}

function pair(urls: readonly string[]): readonly [string, string] {
  const [first, second] = urls;
  if (first === undefined || second === undefined) {
    throw new Error("NUDGE_E2E_NODES must name two nodes on one Redis, separated by a comma");
  }
  return [first, second];
}

function watch(page: Page, complaints: string[]): void {
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      complaints.push(`console ${message.type()}: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  page.on("requestfailed", (request) => {
    complaints.push(`request failed: ${request.url()} ${request.failure()?.errorText}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`);
  });
}

export { expect };
