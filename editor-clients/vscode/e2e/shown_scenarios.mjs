// What a person and a model write, and how it is shown; a model's words run nothing and fetch nothing.
import { equal, plan, until } from "./lib.mjs";

const TYPED = [
  "# my notes",
  "Traceback (most recent call last):",
  '  File "app.py", line 3, in <module>',
  "    main()",
  "",
  "* not a list, <b>not bold</b>, $x$ and `ticks`",
  "\ttabbed    and spaced",
].join("\n");
const RICH = [
  "- [ ] write it\n- [x] test it\n\n",
  "Inline $e^{i\\pi}+1=0$, a price of $5 and one of $6, and \\(\\frac{a}{b}\\).\n\n",
  "$$\n\\int_0^1 x^2\\,dx = \\tfrac13\n$$\n\n",
  "```mermaid\nflowchart LR\n  A[Typed] --> B{Sent?}\n  B -->|yes| C[Kept]\n```\n\n",
  "```mermaid\nsequenceDiagram\n  Editor->>Server: chat/send\n  Server-->>Editor: chat/delta\n```\n\n",
  "```diff\n@@ -1,2 +1,2 @@\n-old line\n+new line\n same line\n```\n\n",
  "```mermaid\nnonsense of no kind\n```\n",
];
const AWAY = "http://away.invalid";
/** What a model might write to get out of the page, or to run something in it. */
const HOSTILE = [
  `\`\`\`mermaid\n%%{init: {"securityLevel": "loose", "htmlLabels": true, "themeCSS": "* { background: url(${AWAY}/css) }"}}%%\nflowchart LR\n  A["<img src='${AWAY}/label' onerror='window.ran=1'>"] --> B["<script>window.ran=2</script>"]\n  click A href "javascript:window.ran=3"\n  click B call window.alert()\n  style A fill:url(${AWAY}/fill)\n\`\`\`\n\n`,
  `\`\`\`mermaid\nflowchart LR\n  A@{ img: "${AWAY}/node", label: "x" } --> B\n\`\`\`\n\n`,
  `\`\`\`mermaid\n---\nconfig:\n  securityLevel: loose\n  themeCSS: "@import '${AWAY}/import'"\n---\nsequenceDiagram\n  A->>B: <svg onload='window.ran=4'></svg>\n\`\`\`\n\n`,
  `$\\href{javascript:window.ran=5}{x}$ and $\\includegraphics{${AWAY}/tex}$ and $\\htmlStyle{background:url(${AWAY}/style)}{x}$ and $\\def\\a{\\a\\a}\\a$\n\n`,
  `![x](${AWAY}/image) <img src="${AWAY}/html">\n\n`,
  "The end.\n",
];

export const shownScenarios = {
  async "what a person types is shown as it was typed"(world) {
    const { window } = world;
    const text = `${TYPED}\n${plan("", { texts: ["Read."] })}`;
    await window.send(text);
    await window.lastAnswer.getByText("Read.").waitFor();
    const body = window.chat.locator("article.user .body").last();
    equal(await body.evaluate((element) => element.innerText), text, "the words as they are shown");
    equal(await body.locator("*").count(), 0, "nothing of it is formatted");
    await world.shot("as-typed");
  },

  async "task lists, math, diagrams and diffs of an answer are drawn, without the network"(world) {
    const { window } = world;
    const violations = watched(window);
    const names = (word) =>
      window.chat
        .locator("html")
        .evaluate(
          (_, part) =>
            performance.getEntriesByType("resource").filter(({ name }) => name.includes(part)).length,
          word,
        );
    equal(await names("mermaid.js"), 0, "before it is needed, Mermaid is not loaded");
    await window.send(plan("Draw", { texts: RICH }));
    const answer = window.lastAnswer;
    await answer.locator(".diagram img").nth(1).waitFor();
    await answer.locator(".math[data-math=display] .katex-display").waitFor();
    equal(await answer.locator(".math .katex").count(), 3, "formulas");
    await answer.getByText("a price of $5 and one of $6").waitFor();
    equal(
      await answer.locator("li.task .task-mark").evaluateAll((all) => all.map((each) => each.title)),
      ["To do", "Done"],
      "boxes",
    );
    await answer.getByText("This diagram cannot be drawn.").waitFor();
    await answer.getByText("nonsense of no kind", { exact: true }).waitFor();
    const sizes = await answer
      .locator(".diagram img")
      .evaluateAll((all) => all.map((image) => image.complete && image.naturalWidth));
    if (!sizes.every((width) => width > 100)) throw new Error(`The pictures are ${sizes} wide`);
    const marks = (property) =>
      answer
        .locator(".hljs-addition, .hljs-deletion")
        .evaluateAll((all, name) => all.map((each) => getComputedStyle(each)[name]), property);
    const differ = (found) => new Set(found).size === 2 && !found.includes("rgba(0, 0, 0, 0)");
    await until("a line that is added and one that is taken out have a colour each", async () =>
      differ(await marks("backgroundColor")),
    );
    await answer
      .locator(".code[data-diagram]")
      .first()
      .getByRole("button", { name: "Show the source" })
      .click();
    await answer.getByText("A[Typed] --> B{Sent?}").waitFor();
    await answer.locator(".math").first().scrollIntoViewIfNeeded();
    await world.shot("drawn");
    equal(await world.faults(), [], "faults");
    // this theme has no colours behind lines: a frame tells them apart
    await world.theme("Dark High Contrast", "high-contrast");
    await until("each has a frame of its own where backgrounds are plain", async () =>
      differ(await marks("outlineColor")),
    );
    equal(violations, [], "what the page's policy refused");
  },

  async "diagrams and math of a model run nothing and fetch nothing"(world) {
    const { window } = world;
    const asked = [];
    // what the page's policy stops gets no further than the page, and never here
    await window.page.route(`${AWAY}/**`, (route) => {
      asked.push(route.request().url());
      return route.abort();
    });
    await window.send(plan("Attack", { texts: HOSTILE }));
    await window.lastAnswer.getByText("The end.").waitFor();
    await window.lastAnswer.locator(".tools .usage").waitFor();
    await until(
      "every diagram is drawn, or refused",
      async () =>
        (await window.lastAnswer.locator(".code[data-diagram] :is(.diagram, .no-diagram)").count()) === 3,
    );
    await until(
      "the math is drawn, or refused",
      async () => (await window.lastAnswer.locator(".math:not([data-drawn])").count()) === 0,
    );
    await world.shot("hostile");
    const ran = await window.chat.locator("html").evaluate(() => window.ran);
    equal(ran, undefined, "what ran");
    equal(asked, [], "what was fetched");
    const inside = await window.lastAnswer
      .locator("svg foreignObject, iframe, script, a[href^=javascript], .body > style")
      .count();
    equal(inside, 0, "what stands in the answer");
  },
};

/** What the policies of pages refuse from now on; styles in text that is only read, and never shown, are no matter. */
function watched(window) {
  const violations = [];
  window.page.on("console", (message) => {
    const text = message.text();
    if (/violates the following/u.test(text) && !text.startsWith("Applying inline style"))
      violations.push(text);
  });
  return violations;
}
