/** What a line defines, and whether it stands for lines that a model left out. */
import type { Language } from "./languages";

const MODIFIERS =
  /^(?:(?:export|default|declare|public|private|protected|internal|static|final|abstract|async|override|virtual|inline|extern|unsafe|open|sealed|data|readonly|partial|suspend|local|pub(?:\([^)]*\))?|const(?=\s+fn))\s+)+/u;
const KEYWORD =
  /^(?:function\*?|func|fn|def|defp|defmodule|defmacro|fun|sub|proc|class|struct|interface|trait|enum|union|type|typedef|module|namespace|object|protocol|extension|record|mod|macro_rules!|contract|const|let|mut|var|val|static|get|set|macro)\s+(?:mut\s+)?(?<name>[\p{L}_$#~][\p{L}\p{N}_$.:#-]*[?!]?)/u;
const METHOD_OF_GO = /^func\s+\(\s*\w*\s*\*?(?<type>\w+)[^)]*\)\s*(?<name>\w+)/u;
const IMPL = /^impl\b(?:<[^>]*>)?\s*(?<name>[^{]+?)\s*(?:\{|where|$)/u;
const TEST = /^(?:describe|context|suite|it|test|specify)\b[\w.]*\(\s*(["'`]).*?\1/u;
const SQL =
  /^create\s+(?:or\s+replace\s+)?(?:\w+\s+)?(?:table|view|function|procedure|index|trigger|type)\s+(?:if\s+not\s+exists\s+)?(?<name>[\w."]+)/iu;
const ASSIGNED = /^(?<name>[\p{L}_$@][\p{L}\p{N}_$.@]*)\s*(?:<-|(?::[^=]+)?=(?![=>]))/u;
const MEMBER = /^(?<name>["']?[\p{L}_$#][\p{L}\p{N}_$-]*["']?)\s*[?!]?\s*(?:[:=;,]|$)/u;
const FIELD = /^[\w<>[\],.?*& ]+\s[*&]?(?<name>\w+)\s*(?:=[^=]|;)/u;
const KEY = /^(?:\[+(?<section>[^\]]+)\]+\s*$|(?<name>"[^"]*"|'[^']*'|[^\s:=#{}[\],][^:=#]*?)\s*[:=])/u;
const CALLED = /(?<name>[~\p{L}_$#][\p{L}\p{N}_$:~]*|\[[^\]]+\])\s*(?:<[^>(]*>)?\s*\(/u;
/** More than one definition in a line: no name stands for all of them. */
const SEVERAL =
  /[;}]\s*(?:export\s+|async\s+|pub\s+|static\s+)*(?:function|class|const|let|var|def|fn|func|interface|enum|struct|type)\s+[\p{L}_$]/u;
const NO_NAMES = new Set(
  "function if for while switch catch return new else do try with sizeof typeof await foreach using lock synchronized assert yield throw delete match when unless until loop print printf echo elif super this self".split(
    " ",
  ),
);

/** The name that a part goes by; empty where it has none. text: its first line; whole: all of it. */
export function nameOf(text: string, whole: string, language: Language): string {
  if (language.isProse) return "";
  if (SEVERAL.test(whole.split("\n").at(-1) ?? "")) return "";
  if (language.isData)
    return text.startsWith("- ") ? "" : groups(KEY, text, "section", "name").replace(/^["']|["']$/gu, "");
  if (language.isSheet)
    return text.includes("{")
      ? (text.split("{")[0] ?? "").trim()
      : (MEMBER.exec(text)?.groups?.["name"] ?? "");
  if (/^export\s+default\b(?!\s+(?:async\s+)?(?:function\*?|(?:abstract\s+)?class)\s+[\p{L}_$])/u.test(text))
    return "export default";
  const go = METHOD_OF_GO.exec(text)?.groups;
  if (go !== undefined) return `${go["type"] ?? ""}.${go["name"] ?? ""}`;
  const impl = IMPL.exec(text)?.groups?.["name"];
  if (impl !== undefined) return `impl ${impl}`;
  const tested = TEST.exec(text)?.[0];
  if (tested !== undefined) return tested;
  if (/^create\b/iu.test(text)) return groups(SQL, text, "name");
  const bare = text.replace(MODIFIERS, "");
  const keyword = KEYWORD.exec(bare)?.groups?.["name"];
  if (keyword !== undefined && !NO_NAMES.has(keyword)) return keyword.replace(/[.:-]+$/u, "");
  const assigned = ASSIGNED.exec(bare)?.groups?.["name"];
  if (assigned !== undefined) return assigned;
  const called = CALLED.exec(bare);
  const name = called?.groups?.["name"] ?? "";
  if (called !== null && !NO_NAMES.has(name) && isCallable(bare, called.index, whole)) return name;
  if (/^(?:if|with)\s.*:$/u.test(text)) return text;
  if (NO_NAMES.has(/^\w*/u.exec(bare)?.[0] ?? "")) return "";
  return groups(MEMBER, bare, "name") || groups(FIELD, bare, "name");
}

/** A function that is written out or declared, not one that is called. */
function isCallable(bare: string, at: number, whole: string): boolean {
  const before = bare.slice(0, at);
  if (/[=.(]/u.test(before)) return false;
  const isWritten =
    /\)[^;]*?\{/u.test(whole) &&
    !/^[^{]*;/u.test(whole) &&
    !/\(\s*(?:function|async|\([^)]*\)\s*=>|\w+\s*=>|["'`])/u.test(whole.split("\n")[0] ?? "");
  // `total(items: Item[]): number;` of an interface
  return isWritten || /\)\s*:\s*[^;{]+;$/u.test(bare);
}

function groups(pattern: RegExp, text: string, ...names: readonly string[]): string {
  const found = pattern.exec(text)?.groups;
  return names.map((name) => found?.[name]).find((each) => each !== undefined) ?? "";
}

const MARK = String.raw`(?:\/\/+|#+|--+|;+|\/\*+|\{\/\*|<!--|%|\*)`;
const DOTS = new RegExp(String.raw`^(?:${MARK}\s*)?[[({<]*\s*(?:\.{3,}|…)`, "u");
const DOTS_BEHIND = new RegExp(String.raw`^${MARK}.*(?:\.{3,}|…)\s*(?:\*\/\}?|-->)?$`, "u");
const SAID = new RegExp(
  String.raw`^${MARK}.*\b(?:existing (?:code|methods|functions|imports|content)|rest of (?:the|your)\b|remains? (?:the same|unchanged)|unchanged|same as (?:before|above)|omitted|stays? the same|other (?:methods|functions|code|imports|fields))\b`,
  "iu",
);

/** `# ...`, `// ... existing code ...` and the like: lines that are there and not shown. */
export function isElision(text: string): boolean {
  if (/^\.{3}\s*[\p{L}_$({[]/u.test(text)) return false; // a spread: `...rest`
  return DOTS.test(text) || DOTS_BEHIND.test(text) || SAID.test(text);
}
