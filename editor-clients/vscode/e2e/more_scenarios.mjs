// More of what people do with the extension, and what must not happen to them.
import path from "node:path";
import { pathToFileURL } from "node:url";
import { equal, plan, until } from "./lib.mjs";

const STARTS_WITHIN = 20_000;

export const moreScenarios = {
  async "a hostile message does not run"(world) {
    const { window } = world;
    const hostile = [
      '<img src="x" onerror="window.harm=1"><script>window.harm=2</script>',
      "\n\n[click](javascript:window.harm=3) [data](data:text/html,<script>1</script>) [command](command:workbench.action.quit)",
      "\n\n![pixel](https://example.invalid/pixel.png)\n\n<svg onload=window.harm=4>\n\n<iframe srcdoc='<script>parent.harm=5</script>'></iframe>",
      '\n\n```html" onmouseover="window.harm=6\n<b>code</b>\n```\n\n[r]: javascript:window.harm=7\n\n[reference][r]\n\nThe end.',
    ];
    const requested = [];
    window.page.on("request", (request) => requested.push(request.url()));
    await window.send(plan("Be evil", { texts: hostile, token_delay: 0.2 }));
    await window.lastAnswer.getByText("The end.").waitFor();
    await window.lastAnswer.locator(".tools .usage").waitFor();
    const body = window.lastAnswer.locator(".body").last();
    // a link to a web page asks first; all others lead nowhere
    for (const link of await body.locator("a:not([data-href^=http])").all()) await link.click();
    await body.locator(".code").hover();
    const state = await body.evaluate((element) => ({
      harm: String(window.harm),
      elements: [
        ...element.querySelectorAll("img, script, svg, iframe, object, embed, style, link, form"),
      ].map(({ tagName }) => tagName),
      handlers: [...element.querySelectorAll("*")]
        .flatMap((each) => each.getAttributeNames())
        .filter((name) => /^on|^style$|srcdoc/u.test(name)),
      links: [...element.querySelectorAll("a")]
        .map((each) => each.getAttribute("href"))
        .filter((href) => !/^(?:https?:|mailto:|#$)/u.test(href)),
    }));
    equal(
      state,
      { harm: "undefined", elements: [], handlers: [], links: [] },
      "what the message left behind",
    );
    equal(
      requested.filter((url) => url.includes("example.invalid")),
      [],
      "requests of the message",
    );
    const policy = await window.chat
      .locator("html")
      .evaluate(
        () =>
          document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute("content") ?? "",
      );
    equal(
      [
        policy.includes("default-src 'none'"),
        /unsafe|https?:\/\/\*/u.test(policy.replace(/style-src[^;]*|font-src[^;]*/gu, "")),
      ],
      [true, false],
      "the policy",
    );
    await world.shot("hostile");
  },

  async "files are dropped on the chat, sent and opened from there"(world) {
    const { window, folder } = world;
    await window.chat.locator(".composer").evaluate(drop, {
      uris: [pathToFileURL(path.join(folder, "greet.py")).href],
      files: [],
    });
    const attached = window.chat.getByRole("list", { name: "Attached" });
    await attached.getByText("greet.py").waitFor();
    await window.chat
      .locator(".composer")
      .evaluate(drop, { uris: [], files: [["from the desktop.txt", "Words of a file outside."]] });
    await attached.getByText("from the desktop.txt").waitFor();
    await window.send(plan("What is in them?", { texts: ["A greeting and words."] }));
    await window.lastAnswer.getByText("A greeting and words.").waitFor();
    const sent = window.chat.locator("article.user .attachments");
    await sent.getByText("Words of a file outside.").waitFor({ state: "attached" });
    await sent.getByRole("button", { name: "greet.py" }).click();
    await window.page.locator(".editor-instance .view-line", { hasText: "Hello" }).waitFor();
    await world.shot("dropped");
  },

  async "a filter of the list stays over a reload"(world) {
    const { window } = world;
    await window.send(plan("Kept in the list", { texts: ["Yes."] }));
    const row = window.tree.filter({ hasText: "Kept in the list" });
    await row.first().waitFor();
    await window.command("Filter the Sessions…");
    const favourites = window.page.locator(".quick-input-list .monaco-list-row", { hasText: "Favourites" });
    await favourites.first().click();
    await window.page.keyboard.press("Enter");
    await window.page.getByText("No session matches the filter.").waitFor();
    await window.stored("isFavourite");
    await window.reload();
    await window.page.getByText("No session matches the filter.").waitFor();
    await window.command("Clear the Filter");
    await row.first().waitFor();
  },

  async "the buttons of a message take no room, and come with the mouse and the keyboard"(world) {
    const { window } = world;
    await window.send(plan("Short", { texts: ["Yes."] }));
    await window.lastAnswer.locator(".tools .usage").waitFor();
    const message = window.chat.locator("article.user");
    const opacity = (name) =>
      message.getByRole("button", { name }).evaluate((button) => getComputedStyle(button).opacity);
    const heights = () =>
      message.evaluate((element) => {
        const [body] = [...element.querySelectorAll(".body")].slice(-1);
        const { bottom } = body.getBoundingClientRect();
        return [element.offsetHeight, Math.round(element.getBoundingClientRect().bottom - bottom)];
      });
    const [height, below] = await heights();
    if (below > 20) throw new Error(`${below} pixels below the text of a message are empty`);
    equal(await opacity("Edit and ask again"), "0", "a button while nothing points at it");
    await message.hover();
    equal(await opacity("Edit and ask again"), "1", "a button under the mouse");
    equal(await heights(), [height, below], "the room of the message under the mouse");
    await window.field.click();
    await window.field.press("Control+ArrowUp");
    await window.page.keyboard.press("Control+ArrowUp");
    await until("the message has the focus", async () => window.chat.locator("article.user:focus").count());
    await window.page.keyboard.press("Tab");
    await until("its first button has it", async () => message.locator(".tools button:focus").count());
    equal(await opacity("Edit and ask again"), "1", "a button reached by the keyboard");
    equal(await heights(), [height, below], "the room of the message with the focus");
    await message.getByRole("button", { name: "Favourite" }).click();
    await until("the favourite is marked", async () => message.locator('[aria-pressed="true"]').count());
    await window.field.click();
    equal(await opacity("Favourite"), "1", "the star of a favourite");
    await world.shot("buttons");
  },

  async "an extension host that is killed in the middle of an answer comes back with what was said"(world) {
    const { window } = world;
    await window.send(plan("Go on", { tokens: 4_000, token_delay: 0.05 }));
    await window.lastAnswer.getByText("t00010").waitFor();
    const before = world.extensionHosts();
    if (before.length === 0) throw new Error("The extension host is not found among the processes.");
    for (const pid of before) process.kill(pid, "SIGKILL");
    const isAnotherThere = () => world.extensionHosts().some((pid) => !before.includes(pid));
    // VS Code starts another one by itself, or asks the person to: then a reload does it
    await until("another one was started", isAnotherThere, STARTS_WITHIN).catch(() => window.reload());
    await until("another one was started", isAnotherThere);
    await window.ready();
    await window.lastAnswer.getByText("This answer was interrupted.").waitFor();
    await window.lastAnswer.getByText("t00010").waitFor();
    await window.lastAnswer.getByRole("button", { name: "Continue" }).click();
    await window.lastAnswer.getByText(/t00010.* t00000 t00001 t00002$/u).waitFor();
    await window.lastAnswer.getByText("This answer was interrupted.").waitFor({ state: "hidden" });
  },
};

/** In the page: what happens to an element when something is let go over it. The workbench is not told: it would wait for the mouse. */
function drop(element, { uris, files }) {
  const data = new DataTransfer();
  if (uris.length > 0) data.setData("application/vnd.code.uri-list", uris.join("\r\n"));
  for (const [name, text] of files) data.items.add(new File([text], name, { type: "text/plain" }));
  const options = { dataTransfer: data, bubbles: false, cancelable: true };
  for (const name of ["dragenter", "dragover", "drop"]) element.dispatchEvent(new DragEvent(name, options));
}
