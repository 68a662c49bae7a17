/** Draws the math and the diagrams of a message, once it is on the page. */
import { h, iconButton } from "./dom";
import { loadScript, loadStyle } from "./bundles";

/** What the bundles put on the page. */
export interface Drawers {
  /** Throws for what is no math. */
  threadkeepMath?: (tex: string, element: HTMLElement, isDisplay: boolean) => void;
  /** Gives the address of a picture, and its size. */
  threadkeepDiagram?: (source: string) => Promise<Picture>;
}

export interface Picture {
  readonly url: string;
  readonly width: number;
  readonly height: number;
}

const drawers = globalThis as Drawers;
/** Pictures of diagrams that were drawn: rows of the list come and go. */
const pictures = new Map<string, Promise<Picture>>();
const MAX_PICTURES = 60;

export function draw(root: ParentNode): void {
  const math = [...root.querySelectorAll<HTMLElement>(".math:not([data-drawn])")];
  if (math.length > 0) void drawMath(math);
  for (const frame of root.querySelectorAll<HTMLElement>(".code[data-diagram]:not([data-drawn])"))
    void drawDiagram(frame);
}

async function drawMath(elements: readonly HTMLElement[]): Promise<void> {
  for (const element of elements) element.dataset["drawn"] = "";
  try {
    await Promise.all([loadScript("math"), loadStyle("math")]);
  } catch {
    return; // the source stays
  }
  for (const element of elements) {
    const tex = element.textContent;
    try {
      drawers.threadkeepMath?.(tex, element, element.dataset["math"] === "display");
      element.title = tex;
    } catch {
      element.textContent = tex;
      element.title = "This cannot be drawn";
    }
  }
}

async function drawDiagram(frame: HTMLElement): Promise<void> {
  frame.dataset["drawn"] = "";
  const source = frame.querySelector("code")?.textContent ?? "";
  const pre = frame.querySelector("pre");
  if (pre === null) return;
  try {
    const { url, width, height } = await pictureOf(source);
    const alt = `Diagram: ${source.trim().split("\n", 1)[0] ?? ""}`;
    const image = h("img", { src: url, alt, width: String(width), height: String(height) });
    const figure = h(
      "div",
      { class: "diagram", tabindex: "0", role: "group", "aria-label": "Diagram" },
      image,
    );
    const toggle = iconButton("code", "Show the source", () => {
      pre.hidden = !pre.hidden;
      toggle.setAttribute("aria-expanded", String(!pre.hidden));
    });
    toggle.setAttribute("aria-expanded", "false");
    frame.querySelector(".code-name")?.after(toggle);
    pre.before(figure);
    pre.hidden = true;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : "";
    frame.append(h("p", { class: "no-diagram" }, `This diagram cannot be drawn. ${reason}`.trim()));
  }
}

function pictureOf(source: string): Promise<Picture> {
  const key = `${document.body.className}\n${source}`;
  const known = pictures.get(key);
  if (known !== undefined) return known;
  const picture = loadScript("mermaid")
    .then(() => loadScript("diagram"))
    .then(() => {
      if (drawers.threadkeepDiagram === undefined) throw new Error("The drawing is not there.");
      return drawers.threadkeepDiagram(source);
    });
  pictures.set(key, picture);
  const [oldest] = pictures.keys();
  if (pictures.size > MAX_PICTURES && oldest !== undefined) {
    void pictures.get(oldest)?.then(
      ({ url }) => URL.revokeObjectURL(url),
      () => undefined,
    );
    pictures.delete(oldest);
  }
  return picture;
}
