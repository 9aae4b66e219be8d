import { devices } from "@playwright/test";
import { expect, test } from "./support/test";

const { defaultBrowserType: _, ...phone } = devices["Pixel 7"];

test("on a phone Enter breaks the line and the button sends", async ({ person, room, nodes }) => {
  const ann = await person(nodes[0], room, phone);
  await expect(ann.page.getByText("Enter breaks the line, the button sends")).toBeVisible();
  await ann.input.pressSequentially("one\ntwo");
  await expect(ann.input).toHaveValue("one\ntwo");
  await ann.page.getByRole("button", { name: "Send", exact: true }).tap();
  await expect(ann.messages).toHaveText(["one\ntwo"]);
  await expect(ann.input).toHaveValue("");
});

test("what was not sent is there again after a reload, in its room and its tab", async ({
  person,
  room,
  nodes,
}) => {
  const ann = await person(nodes[0], room);
  await ann.input.fill("half a thought");
  await ann.page.goto(`${nodes[0]}/#/${room}-2`);
  await expect(ann.input).toHaveValue("");
  await ann.send("a whole one");
  await ann.page.reload();
  await ann.connected();
  await expect(ann.messages).toHaveText(["a whole one"]);
  await expect(ann.input).toHaveValue("");
  await ann.page.goto(`${nodes[0]}/#/${room}`);
  await expect(ann.input).toHaveValue("half a thought");

  const other = await ann.page.context().newPage();
  await other.goto(`${nodes[0]}/#/${room}`);
  await expect(other.getByRole("status")).toContainText("Connected");
  await expect(other.getByRole("textbox", { name: "Message" })).toHaveValue("");
});
