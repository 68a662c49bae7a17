import { expect, test } from "vitest";
import { exportChoices } from "../src/core/export_choices";
import type { Exporter } from "../src/protocol";

const exporter = (name: string, more: Partial<Exporter> = {}): Exporter => ({
  name,
  label: name.toUpperCase(),
  extensions: [`.${name}`],
  lossless: false,
  needsPath: false,
  origin: "threadkeep",
  ...more,
});

test("the usual format comes first, and one of a package says whose it is", () => {
  const choices = exportChoices([
    exporter("json", { lossless: true }),
    exporter("markdown", { extensions: [".md", ".markdown"] }),
    exporter("wiki", { origin: "threadkeep-wiki 1.0" }),
  ]);
  expect(choices).toEqual([
    { label: "MARKDOWN", description: "to read", format: "markdown", ending: "md" },
    { label: "JSON", description: "everything; can be imported", format: "json", ending: "json" },
    { label: "WIKI", description: "to read; from threadkeep-wiki 1.0", format: "wiki", ending: "wiki" },
  ]);
});

test("one that cannot be used is not offered", () => {
  const broken = exporter("wiki", { extensions: [], problem: "It has no method." });
  expect(exportChoices([exporter("csv"), broken]).map(({ format }) => format)).toEqual(["csv"]);
});
