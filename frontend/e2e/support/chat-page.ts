import { type BrowserContext, expect, type Locator, type Page } from "@playwright/test";

const settled = ":is([data-delivery=none], [data-delivery=sent])";

/** The chat page as its reader sees it. */
export class ChatPage {
  readonly page: Page;
  readonly badge: Locator;
  /** The texts of the confirmed messages in view and near it. */
  readonly messages: Locator;
  /** The messages that are not confirmed. */
  readonly outgoing: Locator;
  readonly input: Locator;
  /** What the page wants its reader to know at once, as a message that failed. */
  readonly alerts: Locator;

  constructor(page: Page) {
    this.page = page;
    this.badge = page.getByRole("status");
    const articles = page.getByRole("log").locator("article");
    this.messages = articles.and(page.locator(settled)).locator("[data-text]");
    this.outgoing = articles.and(page.locator(`:not(${settled})`));
    this.input = page.getByRole("textbox", { name: "Message" });
    // Next.js has an alert of its own, empty, for readers of other addresses.
    this.alerts = page.getByRole("alert").filter({ hasText: /./ });
  }

  /** Opens the page in a room and waits for its connection. */
  static async open(context: BrowserContext, url: string, room = "lobby"): Promise<ChatPage> {
    const chat = new ChatPage(await context.newPage());
    await chat.page.goto(`${url}/#/${encodeURIComponent(room)}`);
    await chat.connected();
    return chat;
  }

  /** Waits until the page is connected and its transport upgraded. */
  async connected(): Promise<void> {
    await expect(this.badge).toContainText(/Connected.*websocket/);
  }

  async rename(name: string): Promise<void> {
    await this.page.getByRole("button", { name: /Change your name$/ }).click();
    await this.page.getByRole("textbox", { name: "What others see" }).fill(name);
    await this.page.getByRole("button", { name: "Save" }).click();
    await expect(this.page.getByRole("dialog")).toHaveCount(0);
  }

  async send(text: string): Promise<void> {
    await this.input.fill(text);
    await this.input.press("Enter");
  }

  /** Sends as on a touch screen, where Enter breaks the line. */
  async sendByButton(text: string): Promise<void> {
    await this.input.fill(text);
    await this.page.getByRole("button", { name: "Send", exact: true }).click();
  }

  /** Scrolls up until the list no longer follows its end, as it does while rows find their heights. */
  async leaveEnd(): Promise<void> {
    await expect(async () => {
      await this.page.getByRole("log").evaluate((log) => {
        log.scrollTop -= 700;
      });
      const latest = this.page.getByRole("button", { name: "Latest" });
      await expect(latest).toBeVisible({ timeout: 500 });
    }).toPass();
  }

  /** Scrolls up until there is nothing before what is shown. */
  async toBeginning(): Promise<void> {
    const beginning = this.page.getByText("The beginning of #");
    await expect(async () => {
      await this.page.getByRole("log").evaluate((log) => log.scrollTo(0, 0));
      await expect(beginning).toBeVisible({ timeout: 100 });
    }).toPass({ intervals: [0], timeout: 30_000 });
  }

  /** Scrolls from the first message to the last, and reads every text in order. */
  async readAll(): Promise<string[]> {
    return this.page.getByRole("log").evaluate(async (log) => {
      const texts = new Map<string, string>();
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      for (let top = 0; ; top += log.clientHeight / 2) {
        log.scrollTop = top;
        for (let i = 0; i < 3; i++) await frame();
        for (const article of log.querySelectorAll<HTMLElement>("article")) {
          const text = article.querySelector<HTMLElement>("[data-text]")?.textContent ?? "";
          texts.set(article.dataset.key ?? "", text);
        }
        if (top >= log.scrollHeight - log.clientHeight) return [...texts.values()];
      }
    });
  }
}
