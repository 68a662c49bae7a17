"""How an exported page looks."""

from typing import Final

STYLE: Final = """\
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1c2024; --quiet: #60646c; --line: #dfe2e6;
  --code: #f1f3f5; --accent: #3451b2; --user: #eef3ff; --user-line: #c6d4f9; --warn: #96470a; --star: #ad5700;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #111214; --card: #191b1f; --text: #e3e5e8; --quiet: #9ba1a9; --line: #2e3238;
    --code: #22252a; --accent: #9eb1ff; --user: #1b2440; --user-line: #303e6b; --warn: #ffa057; --star: #ffca16;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--text); line-height: 1.6; font-size: 16px;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, "Noto Sans CJK SC",
    "PingFang SC", "Hiragino Sans", "Microsoft YaHei", "Malgun Gothic", sans-serif;
}
main { display: flex; flex-direction: column; gap: 3rem; max-width: 52rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
nav { order: -1; }
article { min-width: 0; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .6rem 1.5rem; margin: 0 0 2rem; }
dl div { min-width: 0; }
dt { color: var(--quiet); font-size: .75rem; letter-spacing: .02em; }
dd { margin: 0; font-size: .9rem; overflow-wrap: anywhere; }
section {
  background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: .9rem 1.2rem;
  margin: 0 0 1rem; min-width: 0; overflow-wrap: anywhere;
}
section.user { background: var(--user); border-color: var(--user-line); }
section.system, section.tool { border-style: dashed; }
section > :last-child, details > :last-child, li > :last-child, blockquote > :last-child { margin-bottom: 0; }
.head { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem .7rem; margin-bottom: .5rem; }
.head h2 { font-size: .95rem; margin: 0; }
.head .by { color: var(--quiet); font-size: .85rem; }
.head time { color: var(--quiet); font-size: .85rem; margin-left: auto; }
.star { color: var(--star); margin-left: .35rem; }
.event { color: var(--quiet); font-size: .85rem; text-align: center; margin: 0 0 1rem; overflow-wrap: anywhere; }
.remark { color: var(--warn); font-size: .9rem; }
.note { border-left: 3px solid var(--star); padding-left: .8rem; color: var(--quiet); white-space: pre-wrap; }
section p, section ul, section ol, section blockquote, section pre, section .table, section details {
  margin: 0 0 .8rem;
}
section h1, section h3, section h4, section h5, section h6, .head ~ h2 {
  font-size: 1.1rem; line-height: 1.3; margin: 1.2rem 0 .5rem;
}
section ul, section ol { padding-left: 1.5rem; }
section li > p { margin-bottom: .4rem; }
a { color: var(--accent); }
code, pre {
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Noto Sans Mono", monospace;
  font-size: .875em;
}
code { background: var(--code); border-radius: .3rem; padding: .1em .3em; }
pre { background: var(--code); border-radius: .5rem; padding: .8rem 1rem; overflow-x: auto; line-height: 1.45; tab-size: 4; }
pre code { background: none; padding: 0; font-size: 1em; overflow-wrap: normal; }
blockquote { border-left: 3px solid var(--line); color: var(--quiet); padding-left: 1rem; }
section blockquote { margin-left: 0; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: .95em; }
th, td { border: 1px solid var(--line); padding: .35rem .7rem; text-align: left; overflow-wrap: normal; }
th { background: var(--code); }
hr { border: 0; border-top: 1px solid var(--line); margin: 1.2rem 0; }
details { border: 1px solid var(--line); border-radius: .5rem; padding: .4rem .8rem; }
details[open] { padding-bottom: .8rem; }
summary { color: var(--quiet); font-size: .875rem; cursor: pointer; overflow-wrap: anywhere; }
details[open] > summary { margin-bottom: .5rem; }
@media print {
  body { background: none; font-size: 11pt; }
  main { max-width: none; padding: 0; }
  section { break-inside: auto; }
  pre { white-space: pre-wrap; }
}
"""
"""Colours by the reader's preference; nothing is fetched, and nothing wider than the page."""
