// @vitest-environment happy-dom
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { MessageText } from "./message-text";

test("a flag in code is one piece, and what is longer than a line is not", () => {
  const long = "very-long-".repeat(9);
  const element = document.createElement("div");
  element.innerHTML = renderToStaticMarkup(
    <MessageText text={`run \`a --log-format  ${long}\``} />,
  );
  expect([...element.querySelectorAll("code span")].map((it) => it.textContent)).toEqual([
    "--log-format",
  ]);
  expect(element.textContent).toBe(`run a --log-format  ${long}`);
});
