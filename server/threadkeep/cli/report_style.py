"""How a report looks, in the light and in the dark."""

from typing import Final

STYLE: Final = """
:root {
  --page: #f5f6f8; --card: #ffffff; --ink: #1b1f27; --soft: #5b6472; --line: #e2e5ea; --hover: #0000000d;
  --c1: #3266d6; --c2: #0f8a6d; --c3: #a9c1f5; --c4: #b5651d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14161b; --card: #1d2027; --ink: #e8eaee; --soft: #9aa3b2; --line: #313641; --hover: #ffffff12;
    --c1: #6f9bff; --c2: #3fc79f; --c3: #3d5899; --c4: #e0a05a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main { max-width: 1240px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { margin: 0; font-size: 26px; }
h2 { margin: 0 0 14px; font-size: 18px; }
header p { margin: 4px 0 20px; color: var(--soft); overflow-wrap: anywhere; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px; margin-top: 20px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 14px; margin: 0; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px; }
dt { color: var(--soft); font-size: 13px; }
dd { margin: 2px 0 0; font-size: 26px; font-weight: 600; font-variant-numeric: tabular-nums; }
dd small { display: block; color: var(--soft); font-size: 12px; font-weight: 400; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); gap: 20px 28px; }
@media (min-width: 1000px) { .ranking { grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); } }
figure { margin: 0; min-width: 0; overflow-x: auto; }
figure p { margin: 4px 0 0; color: var(--soft); font-size: 13px; }
figcaption { color: var(--soft); font-size: 13px; margin-bottom: 6px; }
svg { display: block; width: 100%; min-width: 420px; height: auto; }
svg text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums; }
.label { fill: var(--soft); }
.name { fill: var(--ink); }
.grid { stroke: var(--line); stroke-width: 1; }
.hit { fill: transparent; }
g:hover > .hit { fill: var(--hover); }
.c1 { fill: var(--c1); } .c2 { fill: var(--c2); } .c3 { fill: var(--c3); } .c4 { fill: var(--c4); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 8px 0 0; padding: 0; font-size: 13px; color: var(--soft); }
.legend li::before { content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; }
.legend .c1::before { background: var(--c1); } .legend .c2::before { background: var(--c2); }
.legend .c3::before { background: var(--c3); } .legend .c4::before { background: var(--c4); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 8px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 9em; }
thead th { color: var(--soft); font-weight: 500; }
tbody th { font-weight: 500; }
.scroll tbody tr:last-child > * { font-weight: 600; border-bottom: 0; }
details { margin-top: 16px; overflow-x: auto; }
summary { cursor: pointer; color: var(--soft); font-size: 13px; }
.nothing p { margin: 0; color: var(--soft); }
@media print { body { background: none; } section, .tiles div { break-inside: avoid; } }
"""
