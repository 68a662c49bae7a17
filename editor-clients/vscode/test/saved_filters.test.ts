import { describe, expect, test } from "vitest";
import { filterText, NO_FILTER, sessionFilter, type Chosen } from "../src/core/filters";
import {
  filterLine,
  nameProblem,
  readFilter,
  savedFilters,
  settingProblem,
  withFilter,
  writtenFilter,
} from "../src/core/saved_filters";

const EVERYTHING: Chosen = {
  status: ["active", "ended"],
  isFavourite: true,
  needsAttention: true,
  archived: true,
  trashed: true,
  agent: "reviewer",
  tag: "to do",
  title: "zebra",
};

describe("a saved filter", () => {
  test("is read as it was written, and holds only what it asks for", () => {
    expect(writtenFilter(EVERYTHING)).toEqual(EVERYTHING);
    expect(readFilter(writtenFilter(EVERYTHING))).toEqual({ chosen: EVERYTHING, problems: [] });
    const paused: Chosen = { ...NO_FILTER, status: ["paused"] };
    expect(writtenFilter(paused)).toEqual({ status: ["paused"] });
    expect(readFilter({ status: ["paused"] })).toEqual({ chosen: paused, problems: [] });
  });

  test("is cleaned of blanks and doubles", () => {
    const { chosen } = readFilter({ tag: " x ", status: ["paused", "paused"] });
    expect(chosen).toEqual({ ...NO_FILTER, tag: "x", status: ["paused"] });
  });

  test.each([
    [{ colour: "red" }, "“colour” is not known; a filter may have status, isFavourite,"],
    [{ __proto__x: 1, toString: true }, "“toString” is not known"],
    [{ status: "paused" }, "“status” must be a list of “active”, “paused”, “ended”."],
    [{ status: ["asleep"] }, "“status” must be a list of"],
    [{ isFavourite: "yes" }, "“isFavourite” must be true or false."],
    [{ needsAttention: 1 }, "“needsAttention” must be true or false."],
    [{ archived: null }, "“archived” must be true or false."],
    [{ trashed: [] }, "“trashed” must be true or false."],
    [{ agent: " " }, "“agent” must be a text that is not empty."],
    [{ tag: ["x"] }, "“tag” must be a text that is not empty."],
    [{ tag: "#x" }, "“tag” is written without #."],
    [{ title: 7 }, "“title” must be a text that is not empty."],
    [{}, "It leaves nothing out."],
    [{ isFavourite: false, status: [] }, "It leaves nothing out."],
    [["active"], "It must be an object"],
    [null, "It must be an object"],
    ["active", "It must be an object"],
  ])("%j is told, and gives nothing to send", (value, told) => {
    const { chosen, problems } = readFilter(value);
    expect(chosen).toBeUndefined();
    expect(problems.join(" ")).toContain(told);
  });

  test("tells all that is wrong at once, also beside what is right", () => {
    const { problems } = readFilter({ isFavourite: true, status: 1, title: "" });
    expect(problems).toHaveLength(2);
  });

  test("reaches the server as the same filter chosen by hand", () => {
    const { chosen = NO_FILTER } = readFilter({ needsAttention: true, tag: "x" });
    expect(sessionFilter(chosen, undefined)).toEqual({
      activity: ["interrupted", "failed"],
      tags: ["x"],
      archived: "exclude",
      trashed: "exclude",
    });
  });
});

describe("saved filters", () => {
  const user = { b: { isFavourite: true }, a: { status: ["paused"] }, broken: { colour: 1 } };
  const workspace = { b: { title: "x" } };

  test("stand by name, the workspace's whole before the user's, broken ones too", () => {
    expect(savedFilters(user, workspace).map((each) => [each.name, filterLine(each)])).toEqual([
      ["a", "paused"],
      ["b", "“x” · workspace"],
      ["broken", expect.stringMatching(/^“colour” is not known/u)],
    ]);
    expect(savedFilters(undefined, "nonsense")).toEqual([]);
  });

  test("are added, replaced and taken out without touching the others", () => {
    expect(withFilter(undefined, "a", { title: "x" })).toEqual({ a: { title: "x" } });
    expect(withFilter(user, "a", { title: "x" })).toEqual({ ...user, a: { title: "x" } });
    expect(withFilter(user, "a", undefined)).toEqual({ b: user.b, broken: user.broken });
    expect(Object.entries(withFilter({}, "__proto__", { title: "x" }))).toEqual([
      ["__proto__", { title: "x" }],
    ]);
  });

  test("are not written over something that is no object", () => {
    expect(() => withFilter(["mine"], "a", { title: "x" })).toThrow(/must be an object of filters by name/u);
    expect([undefined, null, {}, "x"].map(settingProblem).map((each) => each === undefined)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  test("take a name that is not blank, and that no filter of the workspace hides", () => {
    const saved = savedFilters(user, workspace);
    expect(["new", "a", " a "].map((name) => nameProblem(name, saved))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(nameProblem(" ", saved)).toBe("A filter needs a name.");
    expect(nameProblem("b ", saved)).toMatch(/^The workspace's settings have a filter of this name/u);
  });

  test("tell apart every member in words", () => {
    expect(filterText(EVERYTHING)).toBe(
      "trash, archived, active, ended, interrupted or failed, favourites, agent reviewer, #to do, “zebra”",
    );
  });
});
