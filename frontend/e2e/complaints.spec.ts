import { expect, test } from "./support/test";

// Every other test relies on this: what goes wrong in a page is noticed.
test("what goes wrong in a page is noticed", async ({ context, nodes, complaints }) => {
  const page = await context.newPage();
  await page.goto(nodes[0]);
  await page.route("**/lost", (route) => route.abort());
  await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'injected'";
    document.body.append(script);
    setTimeout(() => {
      throw new Error("thrown in the page");
    });
    await fetch("/nowhere");
    await fetch("/lost").catch(() => {});
    await fetch("https://elsewhere.invalid/").catch(() => {});
  });
  for (const complaint of [
    /^content security policy: script-src-elem inline/,
    /^content security policy: connect-src https:\/\/elsewhere\.invalid/,
    /^console error: /,
    /^exception: thrown in the page/,
    /^404: .*\/nowhere/,
    /^request failed: .*\/lost/,
  ]) {
    await expect.poll(() => complaints).toContainEqual(expect.stringMatching(complaint));
  }
  expect(await page.title()).toBe("Nudge");
});
