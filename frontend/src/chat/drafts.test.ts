import { expect, test } from "vitest";
import { loadDrafts, MAX_DRAFTS, MAX_TOTAL, saveDrafts, withDraft } from "./drafts";
import { memoryStore } from "./storage";

const none: ReadonlyMap<string, string> = new Map();

test("drafts are kept, and those that were sent are not", () => {
  const store = memoryStore();
  let drafts = withDraft(withDraft(none, "lobby", "half a"), "tea", "  \n");
  saveDrafts(store, drafts);
  expect(loadDrafts(store)).toEqual(drafts);
  drafts = withDraft(withDraft(drafts, "lobby", ""), "tea", "");
  saveDrafts(store, drafts);
  expect(loadDrafts(store)).toEqual(none);
  expect(store.length).toBe(0);
});

test("the last drafts are kept, as many as there is room for", () => {
  const store = memoryStore();
  let drafts = none;
  for (let at = 0; at < 30; at++) drafts = withDraft(drafts, `room-${at}`, `${at}`);
  drafts = withDraft(drafts, "room-0", "again");
  saveDrafts(store, drafts);
  const kept = [...loadDrafts(store).keys()];
  expect(kept).toHaveLength(MAX_DRAFTS);
  expect(kept.slice(-2)).toEqual(["room-29", "room-0"]);
  saveDrafts(store, withDraft(withDraft(drafts, "long", "x".repeat(MAX_TOTAL)), "last", "y"));
  expect([...loadDrafts(store).keys()]).toEqual(["last"]);
});

test.each(["7", '"x"', '[["a"],["b",7],7,null]', "{"])("%s in the store is no draft", (text) => {
  const store = memoryStore();
  store.setItem("nudge.drafts", text);
  expect(loadDrafts(store)).toEqual(none);
});
