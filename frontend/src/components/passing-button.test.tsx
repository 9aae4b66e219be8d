// @vitest-environment happy-dom
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DRAFT_ID, LOG_ID } from "./focus";
import { PassingButton } from "./passing-button";

let root: Root;

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  root = createRoot(document.body.appendChild(document.createElement("div")));
});
afterEach(async () => {
  await act(() => root.unmount());
  document.body.replaceChildren();
});

async function render(hasButton: boolean): Promise<void> {
  await act(() =>
    root.render(
      <>
        <div id={LOG_ID} tabIndex={-1} />
        <input id={DRAFT_ID} />
        <input id="other" />
        {hasButton && (
          <p>
            <PassingButton>Discard</PassingButton>
          </p>
        )}
      </>,
    ),
  );
}

test.each([
  ["the field", "mouse", "button", DRAFT_ID],
  ["the messages on a touch screen", "touch", "button", LOG_ID],
  ["nowhere else where it does not have it", "mouse", "#other", "other"],
])("the focus goes from the button to %s", async (_, pointer, focused, expected) => {
  vi.spyOn(window, "matchMedia").mockImplementation(
    (query) => ({ matches: (query === "(pointer: coarse)") === (pointer === "touch") }) as never,
  );
  await render(true);
  document.querySelector<HTMLElement>(focused)?.focus();
  await render(false);
  expect(document.activeElement?.id).toBe(expected);
});
