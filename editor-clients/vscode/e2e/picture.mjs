// Takes the README's picture from the real thing: `node e2e/picture.mjs FILE`, with the variables of lib.mjs.
import { startEditor } from "./editor.mjs";
import { startBrowser, startModel } from "./lib.mjs";
import { Window } from "./window.mjs";

const ANSWER = [
  "A default keeps every caller working:\n\n```python greet.py\n",
  'def greet(name="world"):\n    """Say hello."""\n    return f"Hello {name}"\n```\n\n',
  "`greet()` now says *Hello world*; with a name nothing changes.",
];
const model = await startModel();
const browser = await startBrowser();
const editor = await startEditor({ vsix: process.env.VSIX, model });
try {
  await fetch(`${model.url.replace(/\/v1$/u, "")}/plan`, {
    method: "POST",
    body: JSON.stringify({ texts: ANSWER, reasoning: ["They want greet() to work without a name."] }),
  });
  const folder = editor.repository("greeter");
  const window = await Window.open(browser, editor, folder);
  await window.page.setViewportSize({ width: 1100, height: 846 });
  await window.page.locator('.activitybar [aria-label^="Explorer"]').first().click();
  await window.page.locator(".explorer-folders-view .monaco-list-row", { hasText: "greet.py" }).dblclick();
  await window.page.locator(".view-line", { hasText: "Hello" }).click();
  await window.page.keyboard.press("Control+A");
  await window.page.keyboard.press("Control+Alt+Shift+K");
  await window.chat.getByRole("list", { name: "Attached" }).waitFor();
  await window.send("Make greet() work without a name");
  await window.lastAnswer.getByText("with a name nothing changes").waitFor();
  await window.lastAnswer.locator(".tools .usage").waitFor();
  await window.lastAnswer.locator(".body > p").last().hover();
  await window.page.screenshot({ path: process.argv[2] });
} finally {
  await browser.close();
  await editor.stop();
  model.stop();
}
