import { type BrowserContext, expect, type Locator, type Page } from "@playwright/test";

/** The chat page as its reader sees it. */
export class ChatPage {
  readonly page: Page;
  readonly badge: Locator;
  readonly messages: Locator;
  readonly outgoing: Locator;
  readonly input: Locator;

  constructor(page: Page) {
    this.page = page;
    this.badge = page.getByRole("status");
    this.messages = page.getByRole("log").getByRole("listitem");
    this.outgoing = page.getByRole("list", { name: "Your messages on their way" });
    this.input = page.getByRole("textbox", { name: "Message" });
  }

  /** Opens the page and waits for its connection. */
  static async open(context: BrowserContext, url: string): Promise<ChatPage> {
    const chat = new ChatPage(await context.newPage());
    await chat.page.goto(url);
    await chat.connected();
    return chat;
  }

  /** Waits until the page is connected and its transport upgraded. */
  async connected(): Promise<void> {
    await expect(this.badge).toContainText(/Connected.*websocket/);
  }

  async send(text: string): Promise<void> {
    await this.input.fill(text);
    await this.input.press("Enter");
  }
}
