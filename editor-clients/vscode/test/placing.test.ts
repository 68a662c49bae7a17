import { describe, expect, test } from "vitest";
import { namedFile } from "../src/core/code_blocks";
import { placesFor, type OpenFile, type Places } from "../src/core/placing";

const CART = `export interface Item {
  price: number;
}

/** What all of it costs. */
export function total(items: Item[]): number {
  return items.reduce((sum, item) => sum + item.price, 0);
}

export function discount(items: Item[]): number {
  return total(items) * 0.9;
}
`;

function places(text: string, code: string, language: string, more: Partial<OpenFile> = {}): Places {
  return placesFor({ text, language, ...more }, code);
}

/** The one place that is sure, by its name, and the text that it gives. */
function sure(text: string, code: string, language: string, more: Partial<OpenFile> = {}): [string, string] {
  const found = places(text, code, language, more);
  if (found.sure === undefined)
    throw new Error(`asked: ${found.places.map(({ label }) => label).join(" | ")}`);
  return [found.sure.name, found.sure.text];
}

const at = (text: string, word: string): { start: number; end: number } => ({
  start: text.indexOf(word),
  end: text.indexOf(word),
});

describe("a block that is one function of a file", () => {
  const code = "export function discount(items: Item[]): number {\n  return total(items) * 0.8;\n}\n";

  test("takes the place of that function, and everything else stays", () => {
    expect(sure(CART, code, "typescript")).toEqual(["symbol", CART.replace("0.9", "0.8")]);
  });

  test("is never offered as the whole file", () => {
    for (const selection of [undefined, at(CART, "return total")])
      expect(
        places(CART, code, "typescript", selection && { selection }).places.map(({ name }) => name),
      ).not.toContain("file");
  });

  test("keeps the line ends of the file", () => {
    const file = CART.replaceAll("\n", "\r\n");
    expect(sure(file, code, "typescript")).toEqual(["symbol", file.replace("0.9", "0.8")]);
  });

  test("that the file does not have is asked about, and takes nothing away", () => {
    const found = places(CART, "export function tax() {\n  return 0;\n}\n", "typescript");
    expect(found.sure).toBeUndefined();
    expect(found.places.map(({ name }) => name)).toEqual(["end"]);
    expect(found.places[0]?.text).toBe(`${CART}\nexport function tax() {\n  return 0;\n}\n`);
  });

  test("keeps a comment above it that the block does not have, and takes one that it has", () => {
    const bare = "export function total(items: Item[]): number {\n  return 1;\n}\n";
    expect(sure(CART, bare, "typescript")[1]).toContain(
      "/** What all of it costs. */\nexport function total",
    );
    const told = `/** All of it. */\n${bare}`;
    const [, text] = sure(CART, told, "typescript");
    expect(text).toContain(
      "}\n\n/** All of it. */\nexport function total(items: Item[]): number {\n  return 1;\n}\n",
    );
    expect(text).not.toContain("What all of it costs");
  });
});

describe("in other languages too", () => {
  test.each([
    [
      "python",
      "import os\n\nLIMIT = 3\n\n\n@cached\ndef one(a):\n    return a\n\n\ndef two():\n    return 2\n",
      "def one(a):\n    return a + 1\n",
      "return a\n",
      "return a + 1\n",
    ],
    [
      "go",
      "package shop\n\ntype Cart struct {\n\tItems []Item\n}\n\nfunc (c *Cart) Total() int {\n\treturn 1\n}\n\nfunc (b Basket) Total() int {\n\treturn 2\n}\n",
      "func (b Basket) Total() int {\n    return 3\n}\n",
      "return 2",
      "return 3",
    ],
    [
      "rust",
      "use std::fmt;\n\nstruct Cart<'a> {\n    name: &'a str,\n}\n\nfn total() -> i32 {\n    1\n}\n\nfn other() -> i32 {\n    2\n}\n",
      "pub fn total() -> i32 {\n    3\n}\n",
      "fn total() -> i32 {\n    1",
      "pub fn total() -> i32 {\n    3",
    ],
    [
      "c",
      "#include <stdio.h>\n\nstatic int one(void)\n{\n    return 1;\n}\n\nint main(void)\n{\n    return one();\n}\n",
      "static int one(void)\n{\n    return 7;\n}\n",
      "return 1",
      "return 7",
    ],
    [
      "lua",
      "local M = {}\n\nfunction M.one()\n  return 1\nend\n\nfunction M.two()\n  return 2\nend\n\nreturn M\n",
      "function M.two()\n  return 3\nend\n",
      "return 2",
      "return 3",
    ],
    [
      "ruby",
      "require 'set'\n\ndef one\n  1\nend\n\ndef two?\n  2\nend\n",
      "def two?\n  3\nend\n",
      "  2",
      "  3",
    ],
    [
      "shellscript",
      '#!/bin/sh\nset -e\n\nbuild() {\n  make\n}\n\nbuild "$@"\n',
      "build() {\n  make all\n}\n",
      "  make",
      "  make all",
    ],
    [
      "css",
      ".a {\n  color: red;\n}\n\n.b {\n  color: blue;\n}\n",
      ".b {\n  color: green;\n}\n",
      "blue",
      "green",
    ],
    ["yaml", "name: app\n\njobs:\n  build: one\n  test: two\n", "jobs:\n  test: three\n", "two", "three"],
    [
      "sql",
      "CREATE TABLE a (\n  id INT\n);\n\nCREATE TABLE b (\n  id INT\n);\n",
      "CREATE TABLE b (\n  id BIGINT\n);\n",
      "b (\n  id INT",
      "b (\n  id BIGINT",
    ],
    ["json", '{\n  "name": "app",\n  "version": "1"\n}\n', '{\n  "version": "2"\n}\n', '"1"', '"2"'],
    ["toml", '[project]\nname = "a"\n\n[tool.x]\nline = 1\n', "[tool.x]\nline = 2\n", "line = 1", "line = 2"],
  ])("%s", (language, file, code, before, after) => {
    expect(sure(file, code, language)).toEqual(["symbol", file.replace(before, after)]);
  });

  test.each([
    [
      "java",
      "class Cart {\n    private int count = 0;\n\n    int total() {\n        return 1;\n    }\n\n    int other() {\n        return 2;\n    }\n}\n",
      "int total() {\n    return 3;\n}\n",
      "return 1",
      "return 3",
    ],
    [
      "python",
      "class Cart:\n    def total(self):\n        return 1\n\n    def other(self):\n        return 2\n",
      "def other(self):\n    return 3\n",
      "return 2",
      "return 3",
    ],
    [
      "typescript",
      "export class Cart {\n\ttotal() {\n\t\treturn 1;\n\t}\n}\n",
      "total() {\n  return 3;\n}\n",
      "return 1",
      "return 3",
    ],
  ])(
    "%s: a method that is shown alone goes into its class, as deep as it stood",
    (language, file, code, before, after) => {
      expect(sure(file, code, language)).toEqual(["symbol", file.replace(before, after)]);
    },
  );
});

describe("a class that is shown in part", () => {
  const file =
    "class Cart:\n    def total(self):\n        return 1\n\n    def other(self):\n        return 2\n\n\ndef after():\n    pass\n";

  test.each([
    "class Cart:\n    # ... existing code ...\n\n    def total(self):\n        return 3\n",
    "class Cart:\n    def total(self):\n        return 3\n",
  ])("keeps the members that are not shown: %j", (code) =>
    expect(sure(file, code, "python")).toEqual(["symbol", file.replace("return 1", "return 3")]),
  );

  test("gets new members behind those they stand behind", () => {
    const code =
      "class Cart:\n    def total(self):\n        return 1\n\n    def tax(self):\n        return 0\n";
    expect(sure(file, code, "python")[1]).toBe(
      file.replace("        return 1\n", "        return 1\n\n    def tax(self):\n        return 0\n"),
    );
  });

  test("in JSON new members get their commas", () => {
    const json = '{\n  "a": 1,\n  "b": {\n    "c": 2\n  }\n}\n';
    const [, text] = sure(json, '{\n  "b": {\n    "d": 3\n  },\n  "e": 4\n}\n', "json");
    expect(JSON.parse(text)).toEqual({ a: 1, b: { c: 2, d: 3 }, e: 4 });
  });
});

test("a function with lines left out takes no place: it would take them out", () => {
  const code =
    "export function discount(items: Item[]): number {\n  // ... rest of the function\n  return 1;\n}\n";
  const found = places(CART, code, "typescript", { selection: at(CART, "return total") });
  expect(found.sure).toBeUndefined();
  expect(found.places.map(({ name }) => name)).toEqual(["cursor"]);
});

describe("a block that is the whole file", () => {
  test("replaces it without a question", () => {
    const code = CART.replace("0.9", "0.5").replace("item.price, 0", "item.price, 1");
    expect(sure(CART, `${code}\nexport const VAT = 0.19;\n`, "typescript")).toEqual([
      "file",
      `${code}\nexport const VAT = 0.19;\n`,
    ]);
    expect(sure("", "all", "typescript")).toEqual(["file", "all\n"]);
  });

  test("is asked about where lines of the file are missing, which are told", () => {
    const file = "import os\nimport sys\n\n\ndef main():\n    return os\n";
    const found = places(file, "import os\n\n\ndef main():\n    return 1\n", "python");
    expect(found.sure).toBeUndefined();
    expect(found.places.map(({ label, detail }) => [label, detail])).toEqual([
      ["Change main", undefined],
      ["Replace the whole file", "Takes out import sys"],
    ]);
    expect(found.places[0]?.text).toBe(file.replace("return os", "return 1"));
  });

  test("it is not while it says that something is left out", () => {
    const found = places("a: 1\nb: 2\n", "a: 1\nb: 2\n# ... rest unchanged\n", "yaml");
    expect([found.sure, ...found.places].map((place) => place?.name)).not.toContain("file");
  });
});

describe("a selection", () => {
  test("is replaced, as deep as it stands", () => {
    const file = "def f():\n    if x:\n        return 1\n";
    const start = file.indexOf("        return");
    expect(sure(file, "return 2\n", "python", { selection: { start, end: file.length } })).toEqual([
      "selection",
      file.replace("1", "2"),
    ]);
    const inner = { start: start + 8, end: file.length - 1 };
    expect(sure(file, "return 2\n", "python", { selection: inner })[1]).toBe(file.replace("1", "2"));
  });

  test("with more in it than the block has is asked about, and what goes is told", () => {
    const code = "export function discount(items: Item[]): number {\n  return 1;\n}\n";
    const found = places(CART, code, "typescript", { selection: { start: 0, end: CART.length } });
    expect(found.sure).toBeUndefined();
    expect(found.places[0]?.name).toBe("symbol");
    expect(found.places.at(-1)).toMatchObject({ name: "selection", detail: "Takes out Item, total" });
  });
});

describe("at the cursor", () => {
  const cursor = (text: string, word: string, code: string): string | undefined =>
    places(text, code, "python", { selection: at(text, word) }).places.find(({ name }) => name === "cursor")
      ?.text;

  test("lines go on lines of their own, as deep as the line there", () => {
    expect(cursor("def f():\n    return 1\n", "return", "a = 1\nb = 2\n")).toBe(
      "def f():\n    a = 1\n    b = 2\n    return 1\n",
    );
    expect(cursor("def f():\r\n    return 1\r\n", "turn", "a = 1\nb = 2\n")).toBe(
      "def f():\r\n    return 1\r\n    a = 1\r\n    b = 2\r\n",
    );
  });
});

test("imports go to the imports, and what is there already is not doubled", () => {
  const file =
    "import { a } from './a';\nimport fs from 'fs';\n\nfunction one() {\n  return a;\n}\n\nfunction two() {}\n";
  const code =
    "import { a, b } from './a';\nimport path from 'path';\n\nfunction one() {\n  return b(path);\n}\n";
  expect(sure(file, code, "typescript")[1]).toBe(
    "import { a, b } from './a';\nimport fs from 'fs';\nimport path from 'path';\n\nfunction one() {\n  return b(path);\n}\n\nfunction two() {}\n",
  );
});

test("two functions of one name are told apart, or asked about", () => {
  const file =
    "class A:\n    @property\n    def x(self):\n        return 1\n\n    @x.setter\n    def x(self, v):\n        self.v = v\n\n\nclass B:\n    def x(self):\n        return 2\n";
  const found = places(file, "def x(self):\n    return 3\n", "python", { selection: at(file, "class B") });
  expect(found.sure).toBeUndefined();
  expect(found.places.map(({ name }) => name)).toEqual(["cursor", "end"]);
});

test.each([
  [
    "tests of a suite",
    "javascript",
    "describe('cart', () => {\n  it('a', () => {\n    x();\n  });\n});\n",
    "describe('cart', () => {\n  it('b', () => {\n    y();\n  });\n});\n",
    "it('a'",
  ],
  [
    "entries of an object",
    "typescript",
    "export const routes = {\n  a: one,\n  b: two,\n};\n",
    "export const routes = {\n  c: three,\n};\n",
    "a: one,\n  b: two,\n  c: three,\n",
  ],
  [
    "sections of an INI file that have the same keys",
    "ini",
    "[a]\nx = 1\n\n[b]\ny = 2\n",
    "[b]\nx = 3\n",
    "[a]\nx = 1\n\n[b]\ny = 2\nx = 3\n",
  ],
  [
    "a function in a class of Scala",
    "scala",
    "object A {\n  def one: Int = 1\n  def two: Int = {\n    2\n  }\n}\n",
    "object A {\n  def two: Int = {\n    3\n  }\n}\n",
    "  def one: Int = 1\n  def two: Int = {\n    3\n",
  ],
])("%s stay", (_, language, file, code, kept) => expect(sure(file, code, language)[1]).toContain(kept));

test.each([
  [
    "two functions in one line",
    "javascript",
    "function a(){return 1} function b(){return 2}\n",
    "function a(){return 3}\n",
  ],
  ["a list of YAML", "yaml", "steps:\n  - run: one\n  - run: two\n", "steps:\n  - run: three\n"],
  ["Markdown", "markdown", "# A\n\ntext\n\n## B\n\nmore\n", "## B\n\nother\n"],
  ["a Dockerfile", "dockerfile", "FROM a\nRUN b\nCMD c\n", "RUN b2\n"],
  ["HTML", "html", "<html>\n<p>a</p>\n<p>c</p>\n</html>\n", "<p>b</p>\n"],
])(
  "of %s nobody can tell what is meant: it is asked, and nothing is taken out",
  (_, language, file, code) => {
    const found = places(file, code, language);
    expect(found.sure).toBeUndefined();
    for (const { name, text } of found.places) {
      expect(name).toBe("end");
      expect(text.startsWith(file)).toBe(true);
    }
  },
);

test("what looks like code in a string does not count", () => {
  const file = 'TEXT = """\ndef one():\n    pass\n"""\n\n\ndef one():\n    return 1\n';
  expect(sure(file, "def one():\n    return 2\n", "python")).toEqual([
    "symbol",
    file.replace("return 1", "return 2"),
  ]);
});

test.each([
  ["ts src/a.ts", "", { kind: "inside", path: "src/a.ts" }],
  ["ts ./src/../src/a.ts", "", { kind: "inside", path: "src/a.ts" }],
  ["ts src\\a.ts", "", { kind: "inside", path: "src/a.ts" }],
  ["python größe.py", "", { kind: "inside", path: "größe.py" }],
  ["python", "# shop/tax.py\nRATE = 1\n", { kind: "inside", path: "shop/tax.py" }],
  ["css", "/* a/b.css */\n", { kind: "inside", path: "a/b.css" }],
  ["python", "# see the docs.\n", { kind: "none" }],
  ["python", "RATE = 1\n", { kind: "none" }],
  ["sh ../up.sh", "", { kind: "outside", path: "../up.sh" }],
  ["sh a/../../up.sh", "", { kind: "outside", path: "a/../../up.sh" }],
  ["sh ~/x.sh", "", { kind: "outside", path: "~/x.sh" }],
  ["sh .git/hooks/pre-commit", "", { kind: "outside", path: ".git/hooks/pre-commit" }],
  ["sh /etc/passwd", "", { kind: "absolute", path: "/etc/passwd" }],
  ["sh C:\\Windows\\x.cmd", "", { kind: "absolute", path: "C:\\Windows\\x.cmd" }],
])("%s %s names %j", (info, code, named) => expect(namedFile(info, code)).toEqual(named));
