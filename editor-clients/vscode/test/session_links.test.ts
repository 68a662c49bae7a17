import { expect, test } from "vitest";
import { readLink, writtenLink } from "../src/core/session_links";

function parts(link: string): [string, string] {
  const { pathname, search } = new URL(link);
  return [decodeURIComponent(pathname), search.slice(1)];
}

test("a link that is written is read as what it was written for", () => {
  for (const link of [{ sessionId: "s1" }, { sessionId: "a b", messageId: "m&1" }])
    expect(readLink(...parts(writtenLink("vscode", link)))).toEqual(link);
  expect(writtenLink("vscodium", { sessionId: "s1", messageId: "m1" })).toBe(
    "vscodium://threadkeep.threadkeep/session/s1?message=m1",
  );
});

test("what names no session is no link", () => {
  expect([
    readLink("/", ""),
    readLink("/session/", ""),
    readLink("/session/a/b", ""),
    readLink("/x/a", ""),
  ]).toEqual([undefined, undefined, undefined, undefined]);
});
