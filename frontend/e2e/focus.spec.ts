import { fill } from "./support/fill";
import { startProxy } from "./support/proxy";
import { expect, test } from "./support/test";

test("the focus goes on to the field when the button that had it is gone", async ({
  person,
  room,
  nodes,
}) => {
  await fill(nodes[0], room, 60);
  const proxy = await startProxy(nodes[0]);
  try {
    const ann = await person(proxy.url, room);
    const press = async (name: string) => {
      await ann.page.getByRole("button", { name, exact: true }).press("Enter");
    };
    await expect(ann.messages.last()).toHaveText("message 59");
    await ann.leaveEnd();
    await press("Latest");
    await expect(ann.messages.last()).toBeInViewport();
    await expect(ann.input).toBeFocused();

    await ann.page.goto(`${proxy.url}/#/no%2Froom`);
    await expect(ann.alerts).toContainText("names no room");
    await press("Dismiss");
    await expect(ann.alerts).toHaveCount(0);
    await expect(ann.input).toBeFocused();

    proxy.cut();
    await ann.send("taken back");
    await press("Discard");
    await expect(ann.outgoing).toHaveCount(0);
    await expect(ann.input).toBeFocused();

    await ann.page.getByRole("button", { name: "Try now" }).focus();
    proxy.restore();
    await press("Try now");
    await ann.connected();
    await expect(ann.input).toBeFocused();
  } finally {
    await proxy.stop();
  }
});

test("who leaves rooms by keyboard stays in their list", async ({ person, room, nodes }) => {
  const ann = await person(nodes[0], room);
  const rooms = ann.page.getByRole("navigation", { name: "Rooms" });
  for (const name of ["a", "b", "c"]) {
    await ann.page.goto(`${nodes[0]}/#/${room}-${name}`);
    await expect(ann.page.getByRole("heading", { level: 1 })).toHaveText(`${room}-${name}`);
  }
  await ann.page.goto(`${nodes[0]}/#/${room}`);
  // The field has the focus with the room: from here on it is the reader's to move.
  await expect(rooms.getByRole("link", { name: room, exact: true })).toHaveAttribute(
    "aria-current",
    "page",
  );
  await expect(ann.input).toHaveAttribute("placeholder", `Message #${room}`);
  await expect(ann.input).toBeFocused();
  await expect(rooms.getByRole("link")).toHaveCount(5);
  for (const [left, next] of [
    ["a", `${room}-b`],
    ["c", `${room}-b`],
    ["b", room],
  ] as const) {
    await rooms.getByRole("button", { name: `Leave ${room}-${left}`, exact: true }).press("Enter");
    await expect(rooms.getByRole("link", { name: `${room}-${left}`, exact: true })).toHaveCount(0);
    await expect(rooms.getByRole("link", { name: next, exact: true })).toBeFocused();
  }
  // Who leaves the room that is shown goes to the lobby, and may write there.
  await rooms.getByRole("button", { name: `Leave ${room}`, exact: true }).press("Enter");
  await expect(ann.page.getByRole("heading", { level: 1 })).toHaveText("lobby");
  await expect(ann.input).toBeFocused();
});
