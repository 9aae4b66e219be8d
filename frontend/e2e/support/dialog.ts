import type { Page } from "@playwright/test";
import { expect } from "./test";

/** Dialogs of the page: the buttons that open them, and their titles. */
export const dialogs = {
  connection: { opener: "About the connection", title: "Connection" },
  room: { opener: "Join a room", title: "Join a room" },
  name: { opener: /Change your name$/, title: "Your name" },
  drawer: { opener: "Rooms and people", title: "Rooms and people" },
} as const;

/** Opens a dialog, does what is to be done in it, and closes it: the focus is then where it was. */
export async function visit(
  page: Page,
  { opener, title }: (typeof dialogs)[keyof typeof dialogs],
  inside: () => Promise<void> = async () => {},
): Promise<void> {
  const button = page.getByRole("button", { name: opener });
  const dialog = page.getByRole("dialog", { name: title });
  await button.click();
  await expect(dialog).toBeVisible();
  await inside();
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(button).toBeFocused();
}
