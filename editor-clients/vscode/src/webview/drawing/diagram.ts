/** Draws diagrams with Mermaid, as pictures: in a picture nothing runs, and nothing is fetched. */
import type { Drawers } from "../drawings";
import { allowOwnStyles } from "./styles";

const MAX_LENGTH = 20_000;
const MAX_SIDE = 8_000;
/** What a diagram's own text may not set: how safe it is, and styles. */
const FIXED = [
  "secure",
  "securityLevel",
  "startOnLoad",
  "maxTextSize",
  "maxEdges",
  "suppressErrorRendering",
  "htmlLabels",
  "themeCSS",
  "themeVariables",
  "fontFamily",
  "altFontFamily",
  "dompurifyConfig",
  "look",
  "layout",
];

/** As much of it as is used; its own file puts it on the page. */
interface Mermaid {
  initialize(config: Readonly<Record<string, unknown>>): void;
  render(id: string, source: string, container: Element): Promise<{ readonly svg: string }>;
}

allowOwnStyles();
const { mermaid } = globalThis as unknown as { readonly mermaid: Mermaid };
let count = 0;
let turn: Promise<unknown> = Promise.resolve();

(globalThis as Drawers).threadkeepDiagram = (source) => {
  // one after the other: they share their settings
  const drawing = turn.then(() => draw(source));
  turn = drawing.catch(() => undefined);
  return drawing;
};

async function draw(source: string): Promise<{ url: string; width: number; height: number }> {
  if (source.length > MAX_LENGTH) throw new Error("It is too long.");
  const { classList } = document.body;
  const isDark = classList.contains("vscode-dark") || classList.contains("vscode-high-contrast");
  const isLight = classList.contains("vscode-high-contrast-light");
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    secure: FIXED,
    suppressErrorRendering: true,
    htmlLabels: false,
    flowchart: { htmlLabels: false },
    maxTextSize: MAX_LENGTH,
    maxEdges: 400,
    theme: isDark && !isLight ? "dark" : "default",
    fontFamily: getComputedStyle(document.body).fontFamily,
  });
  const place = document.createElement("div");
  place.className = "drawing-place";
  place.setAttribute("aria-hidden", "true");
  document.body.append(place);
  try {
    count += 1;
    const { svg } = await mermaid.render(`diagram-${count}`, source, place);
    return picture(svg);
  } finally {
    place.remove();
  }
}

function picture(svg: string): { url: string; width: number; height: number } {
  const { documentElement } = new DOMParser().parseFromString(svg, "image/svg+xml");
  if (documentElement.nodeName !== "svg") throw new Error("It has no picture.");
  const [, , wide = 0, high = 0] = (documentElement.getAttribute("viewBox") ?? "")
    .split(/[\s,]+/u)
    .map(Number);
  const side = (length: number): number => Math.min(MAX_SIDE, Math.max(1, Math.ceil(length)));
  const [width, height] = [side(wide), side(high)];
  documentElement.setAttribute("width", String(width));
  documentElement.setAttribute("height", String(height));
  const text = new XMLSerializer().serializeToString(documentElement);
  return { url: URL.createObjectURL(new Blob([text], { type: "image/svg+xml" })), width, height };
}
