/** What is known of a language to find the parts of a file: its comments, and how strings begin. */

export interface Language {
  readonly lineComments: readonly string[];
  readonly hasBlockComments: boolean;
  /** Quotes of strings that go over several lines. */
  readonly longQuotes: readonly string[];
  /** `key: value` or `key = value` stands for a definition, and order and depth are told by indentation. */
  readonly isData: boolean;
  /** Text whose lines mean nothing to us. */
  readonly isProse: boolean;
  /** Every `head { … }` holds parts of its own, as in a style sheet. */
  readonly isSheet: boolean;
}

const PLAIN: Language = {
  lineComments: [],
  hasBlockComments: false,
  longQuotes: [],
  isData: false,
  isProse: false,
  isSheet: false,
};
const SLASHES: Language = { ...PLAIN, lineComments: ["//"], hasBlockComments: true, longQuotes: ["`"] };
const JVM: Language = { ...SLASHES, longQuotes: ['"""'] };
const HASHES: Language = { ...PLAIN, lineComments: ["#"] };
const PYTHON: Language = { ...HASHES, longQuotes: ['"""', "'''"] };
const DASHES: Language = { ...PLAIN, lineComments: ["--"] };
const DATA: Language = { ...HASHES, isData: true };
const PROSE: Language = { ...PLAIN, isProse: true };
const SHEET: Language = { ...PLAIN, lineComments: ["//"], hasBlockComments: true, isSheet: true };
/** Not known: what most have. */
const ANY: Language = { ...PLAIN, lineComments: ["//", "#"], hasBlockComments: true };

const BY_NAME: readonly (readonly [Language, string])[] = [
  [
    SLASHES,
    "javascript js mjs cjs jsx javascriptreact typescript ts mts cts tsx typescriptreact go golang c h cpp cc cxx hpp hh c++ csharp cs c# rust rs dart d objective-c m zig v solidity sol proto",
  ],
  [JVM, "java kotlin kt kts swift scala groovy gradle"],
  [{ ...SLASHES, lineComments: ["//", "#"], longQuotes: [] }, "php"],
  [PYTHON, "python py pyi starlark bzl julia jl elixir ex exs"],
  [
    HASHES,
    "ruby rb shellscript shell sh bash zsh fish perl pl r makefile mk dockerfile powershell ps1 nim coffeescript coffee cmake crystal cr tcl",
  ],
  [DASHES, "lua sql haskell hs elm ada"],
  [DATA, "yaml yml toml ini cfg conf properties env dotenv"],
  [{ ...DATA, lineComments: ["//"], hasBlockComments: true }, "json jsonc json5"],
  [SHEET, "css scss less sass"],
  [PROSE, "markdown md mdx plaintext txt text html htm xml svg vue svelte latex tex rst csv"],
];
const LANGUAGES = new Map(
  BY_NAME.flatMap(([language, names]) => names.split(" ").map((name) => [name, language])),
);

/** Of an id of VS Code, the first word of a fence or the end of a file's name; what is not known is guessed at. */
export function languageNamed(name: string): Language {
  return LANGUAGES.get(name.toLowerCase()) ?? ANY;
}

/** Whether two names, of a fence and of a file, may mean one language; what is not known may be any. */
export function mayBeSame(one: string, other: string): boolean {
  const [first, second] = [LANGUAGES.get(one.toLowerCase()), LANGUAGES.get(other.toLowerCase())];
  return first === undefined || second === undefined || first === second;
}
