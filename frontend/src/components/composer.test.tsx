// @vitest-environment happy-dom
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Composer } from "./composer";

let root: Root;
const onSend = vi.fn();
const onDraft = vi.fn();

beforeEach(async () => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  onSend.mockReset();
  onDraft.mockReset();
  sessionStorage.clear();
  const container = document.body.appendChild(document.createElement("div"));
  root = createRoot(container);
  await act(() => render("lobby"));
});
afterEach(async () => {
  await act(() => root.unmount());
  document.body.replaceChildren();
});

function render(room: string) {
  root.render(
    <Composer
      room={room}
      maxLength={20}
      hintId="hint"
      hint={(left) => <p id="hint">{left}</p>}
      onSend={onSend}
      onDraft={onDraft}
    />,
  );
}

async function reload(room: string): Promise<void> {
  await act(() => root.unmount());
  root = createRoot(document.body.appendChild(document.createElement("div")));
  await act(() => render(room));
}

function element<T extends Element>(selector: string): T {
  const found = document.querySelector<T>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
}
const input = () => element<HTMLTextAreaElement>("textarea");
const button = () => element<HTMLButtonElement>("button");

async function write(text: string) {
  await act(() => {
    // React notices a change only when the value is set as a person's typing sets it.
    const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value")?.set;
    set?.call(input(), text);
    input().dispatchEvent(new Event("input", { bubbles: true }));
  });
}
async function press(init: KeyboardEventInit) {
  const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init });
  await act(() => {
    input().dispatchEvent(event);
  });
  return event.defaultPrevented;
}

test("Enter sends what was written, as it was, and empties the field", async () => {
  await write("  two\nlines ");
  expect(await press({ key: "Enter" })).toBe(true);
  expect(onSend.mock.calls).toEqual([["  two\nlines "]]);
  expect(input().value).toBe("");
});

test.each([
  ["Shift+Enter", { key: "Enter", shiftKey: true }],
  ["Enter while a character is composed", { key: "Enter", isComposing: true }],
  ["Enter that ends a composition in Safari", { key: "Enter", keyCode: 229 }],
  ["another key", { key: "a" }],
])("%s sends nothing and is left to the field", async (_, init) => {
  await write("hello");
  expect(await press(init)).toBe(false);
  expect(onSend).not.toHaveBeenCalled();
  expect(input().value).toBe("hello");
});

test.each(["", "  \n "])("%j cannot be sent", async (text) => {
  await write(text);
  expect(button().disabled).toBe(true);
  await press({ key: "Enter" });
  expect(onSend).not.toHaveBeenCalled();
});

test("the button sends, and the field has the focus again", async () => {
  await write("hello");
  await act(() => button().click());
  expect(onSend.mock.calls).toEqual([["hello"]]);
  expect(document.activeElement).toBe(input());
});

test("what is too long cannot be sent, and the line below counts characters, not code units", async () => {
  await write("😀".repeat(20));
  expect(element("#hint").textContent).toBe("0");
  expect(button().disabled).toBe(false);
  await write("😀".repeat(21));
  expect(element("#hint").textContent).toBe("-1");
  await press({ key: "Enter" });
  expect(onSend).not.toHaveBeenCalled();
});

test("each room has its own draft", async () => {
  await write("for the lobby");
  await act(() => render("design"));
  expect(input().value).toBe("");
  await write("for design");
  await act(() => render("lobby"));
  expect(input().value).toBe("for the lobby");
});

test("a draft is there again after the page was loaded anew, unless it was sent", async () => {
  await write("for the lobby");
  await act(() => render("design"));
  await write("sent");
  await press({ key: "Enter" });
  await reload("lobby");
  expect(input().value).toBe("for the lobby");
  await act(() => render("design"));
  expect(input().value).toBe("");
});

test("on a touch screen Enter breaks the line, and the button sends", async () => {
  expect(input().getAttribute("enterkeyhint")).toBe("send");
  vi.spyOn(window, "matchMedia").mockImplementation((query) => {
    return Object.assign(new EventTarget(), { matches: query === "(pointer: coarse)" }) as never;
  });
  await reload("lobby");
  expect(input().getAttribute("enterkeyhint")).toBe("enter");
  await write("one");
  expect(await press({ key: "Enter" })).toBe(false);
  expect(onSend).not.toHaveBeenCalled();
  await write("one\ntwo");
  await act(() => button().click());
  expect(onSend.mock.calls).toEqual([["one\ntwo"]]);
});

test.each([{ ctrlKey: true }, { metaKey: true }])(
  "Enter with %j sends everywhere",
  async (keys) => {
    await write("hello");
    expect(await press({ key: "Enter", ...keys })).toBe(true);
    expect(onSend.mock.calls).toEqual([["hello"]]);
  },
);

test("tells of a draft that is begun, and of its end", async () => {
  await write("h");
  await press({ key: "Enter" });
  expect(onDraft.mock.calls).toEqual([[false], [true]]);
});
