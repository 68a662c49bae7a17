import { expect, test } from "vitest";
import { brought, offers, ofFolder } from "../src/core/hints";
import type { AlikeRepository, RepositoryHint } from "../src/protocol";

const pathOf = (uri: string): string => uri.replace("file://", "");
const root = (uri: string): { uri: string; present: boolean } => ({ uri, present: false });
const counts = { sessionCount: 11, archivedCount: 1, trashedCount: 4 };
const other: AlikeRepository = {
  repository: { id: "old", name: "app", roots: [root("file:///home/me/app")] },
  why: "sameFirstCommit",
  kind: "moved",
  ...counts,
};
const hint: RepositoryHint = {
  repository: { id: "new", name: "renamed", roots: [root("file:///home/me/renamed")] },
  repositories: [other],
  formerTasks: [],
};

test("a folder that was moved is asked about with its old place and how much is kept there", () => {
  const [offer, ...more] = offers(hint, pathOf);
  expect(more).toEqual([]);
  expect(offer?.question).toBe(
    "Was this folder moved from /home/me/app? 12 sessions (1 archived) are kept there.",
  );
  expect(offer?.yes).toEqual({
    method: "repository/relocate",
    params: { repository: { id: "old" }, uri: "file:///home/me/renamed", merge: true },
  });
  expect(offer?.never).toEqual({ repository: { id: "new" }, other: "old" });
});

test("a copy, and what cannot be told, are not asked about", () => {
  const kinds = ["copied", "unknown"] as const;
  const repositories = kinds.map((kind) => ({ ...other, kind }));
  expect(offers({ ...hint, repositories }, pathOf)).toEqual([]);
});

test("a folder that was never seen is named by its place", () => {
  const offer = ofFolder(other, "file:///home/me/renamed", pathOf);
  expect(offer.never).toEqual({ repository: "file:///home/me/renamed", other: "old" });
});

test("a branch that was renamed is asked about, and whether there is one of its old name", () => {
  const former = { task: "tax", branchExists: false, sessionCount: 1, archivedCount: 0, trashedCount: 0 };
  const formerTasks = [former, { ...former, task: "vat", branchExists: true, archivedCount: 2 }];
  const asked = offers({ ...hint, repositories: [], task: "taxes", formerTasks }, pathOf);
  expect(asked.map(({ question }) => question)).toEqual([
    "The branch taxes was called tax. 1 session is kept there.",
    "The branch taxes was called vat, as another branch is now. 3 sessions (2 archived) are kept there.",
  ]);
  expect(asked[0]?.yes).toEqual({
    method: "task/relocate",
    params: { repository: { id: "new" }, task: "tax", to: "taxes" },
  });
  expect(asked[0]?.never).toEqual({ repository: { id: "new" }, task: "tax", to: "taxes" });
  expect(new Set(asked.map(({ key }) => key)).size).toBe(2);
});

test("what came along is counted", () => {
  expect([brought(1), brought(12)]).toEqual([
    "1 session was brought along.",
    "12 sessions were brought along.",
  ]);
});
