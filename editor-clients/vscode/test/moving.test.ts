import { expect, test } from "vitest";
import { canContinue } from "../src/core/continuing";
import { tagChanges } from "../src/core/filters";
import { grouped, line } from "../src/core/groups";
import { moved, moves } from "../src/core/moving";
import { message, session } from "./support";

const place = { repository: "r1", task: "feature" };

test("only what is elsewhere is moved, and its repository is named only where it changes", () => {
  const foreign = { id: "r2", name: "lib", roots: [] };
  const sessions = [
    session({ id: "here", task: "feature" }),
    session({ id: "there" }),
    session({ id: "far", task: "feature", repository: foreign }),
  ];
  expect(moves(sessions, place)).toEqual([
    { sessionId: "there", task: "feature" },
    { sessionId: "far", task: "feature", repository: { id: "r1" } },
  ]);
});

test("what moved is told, and why the rest did not", () => {
  expect([
    moved(1, "a", []),
    moved(2, "a", ["It is ended."]),
    moved(0, "a", ["It is ended.", "So too."]),
  ]).toEqual([
    "1 session moved to a.",
    "2 sessions moved to a. 1 session stayed: It is ended.",
    "2 sessions stayed: It is ended.",
  ]);
});

test("a group of a task is a place, a group of a state is none", () => {
  const sessions = [session({ task: "feature" })];
  expect(grouped(sessions, "task", "all").map((group) => group.place)).toEqual([place]);
  expect(grouped(sessions, "status", "all").map((group) => group.place)).toEqual([undefined]);
});

test("tags are added, and with a minus before them taken away", () => {
  expect(tagChanges("review, -later #ui -#old -")).toEqual({
    addTags: ["review", "ui"],
    removeTags: ["later", "old"],
  });
});

test("an answer is offered to be continued where the server would carry on, and nowhere else", () => {
  const answer = (more: object): boolean =>
    canContinue(session(), [message("q"), message("a", { role: "assistant", ...more })]);
  expect(
    (["interrupted", "cancelled", "failed", "complete", "streaming"] as const).map((status) =>
      answer({ status }),
    ),
  ).toEqual([true, true, true, false, false]);
  expect(answer({ stopReason: "maxTokens" })).toBe(true);
  expect(answer({ status: "failed", content: "" })).toBe(false);
  const cut = message("a", { role: "assistant", status: "interrupted" });
  expect(canContinue(session(), [cut, message("e", { role: "event" })])).toBe(true);
  expect(canContinue(session(), [cut, message("u")])).toBe(false);
  expect(canContinue(session({ status: "paused" }), [cut])).toBe(false);
  expect(canContinue(session({ activity: "running" }), [cut])).toBe(false);
  expect(canContinue(session(), [])).toBe(false);
});

test("a session whose answer was cut off has Continue in its menu", () => {
  const words = (more: object): string => line(session(more), 0).contextValue;
  expect(words({ activity: "interrupted" })).toBe("session active unfinished ordinary");
  expect(words({ activity: "failed" })).toContain("unfinished");
  expect(words({ activity: "failed", status: "paused" })).not.toContain("unfinished");
  expect(words({})).not.toContain("unfinished");
});
