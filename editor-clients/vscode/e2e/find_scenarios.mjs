// Find in the chat, and what is dropped on it or pasted into it.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { equal, PYTHON, ROOT, until } from "./lib.mjs";

const PAIRS = 5_000;
const NEEDLES = [4, 2_500, 4_990];
/** From the key to the message on the screen, on a busy machine. */
const SOON_MS = 2_000;
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13];

export const findScenarios = {
  async "find looks through the whole session, in the side bar and in an editor"(world) {
    const { window } = world;
    imported(world);
    await window.command("Open Session…");
    await window.pick("A long one");
    await window.chat.getByText(`answer ${PAIRS - 1}`, { exact: true }).waitFor();
    await finds(window.page, window.chat, "side-bar");
    await window.command("Open the Chat as an Editor");
    const frames = window.page.locator("iframe.webview.ready");
    const panel = await until("the editor shows the chat", async () => {
      for (let index = 0; index < (await frames.count()); index++) {
        const inner = frames.nth(index).contentFrame().frameLocator("#active-frame");
        if ((await inner.locator("#app[data-session]").count()) === 1) return inner;
      }
      return undefined;
    });
    await panel.getByText(`answer ${PAIRS - 1}`, { exact: true }).waitFor();
    await finds(window.page, panel, "editor");
    await world.shot("find");
    equal(await window.page.locator(".simple-find-part.visible").count(), 0, "VS Code's own find");
  },

  async "an image or a binary is refused in words that are seen, and text is attached under its name"(world) {
    const { window, folder } = world;
    const { chat } = window;
    const attached = chat.getByRole("list", { name: "Attached" });
    await chat.getByText("Nothing was said here yet.").waitFor();
    const files = [
      ["shot.png", PNG, "image/png"],
      ["tool.bin", [1, 2, 0, 3], ""],
      ["huge.log", 1024 * 1024 + 1, "text/plain"],
      ["my data.csv", [97, 44, 98, 10], "text/csv"],
    ];
    for (const kind of ["drop", "paste"]) {
      await chat
        .locator(kind === "drop" ? ".composer" : ".composer textarea")
        .evaluate(give, { kind, files });
      const told = chat.locator(".banner");
      await told.getByText("shot.png is an image. Models get no images yet").waitFor();
      await told.getByText("tool.bin is not text, so it was not attached.").waitFor();
      await told.getByText("huge.log is larger than 1 MiB, the most that can be attached.").waitFor();
      await attached.getByText("my data.csv").waitFor();
      equal(await attached.locator("li").allInnerTexts(), ["my data.csv"], `what is attached by ${kind}`);
      equal(await window.field.inputValue(), "", "the field");
      if (kind === "drop") {
        await world.shot("refused");
        await told.getByRole("button", { name: "Close" }).click();
        await attached.getByRole("button", { name: "Remove my data.csv" }).click();
      }
    }
    fs.writeFileSync(path.join(folder, "picture.png"), new Uint8Array(PNG));
    const uris = [`file://${folder}/picture.png`, `file://${folder}/greet.py`];
    await chat.locator(".composer").evaluate(giveUris, uris);
    await window.page
      .locator(".notification-toast", { hasText: "picture.png is an image. Models get no images yet" })
      .waitFor();
    await attached.getByText("greet.py").waitFor();
    equal(
      await attached.locator("li").allInnerTexts(),
      ["my data.csv", "greet.py"],
      "what is attached of files",
    );
    await window.send("What is in it?");
    await chat.locator("article.user .attachments summary", { hasText: "my data.csv" }).waitFor();
  },
};

/** Finds three words that lie far from each other, there and back. */
async function finds(page, chat, name) {
  const bar = chat.locator(".find");
  const count = bar.locator(".found-count");
  await chat.getByRole("textbox", { name: "Message" }).press("Control+f");
  const field = chat.getByRole("textbox", { name: "Find in this chat" });
  await field.fill("The NEEDLE");
  const shows = async (number) => {
    const said = ["1 of 3", "2 of 3", "3 of 3"][NEEDLES.indexOf(number)];
    await count.getByText(said, { exact: true }).waitFor();
    const found = chat.locator("article", { hasText: `answer ${number} has the needle` });
    await until(`${said} is in view`, () => found.evaluate(isInView).catch(() => false));
    await until(`${said} is marked`, () =>
      chat
        .locator("html")
        .evaluate(() => [...(CSS.highlights.get("found-current") ?? [])].map(String).join() === "the needle"),
    );
    equal(
      await field.evaluate((element) => element === document.activeElement),
      true,
      "the focus is in the field",
    );
  };
  await shows(NEEDLES[2]);
  for (const [key, number] of [
    ["Enter", NEEDLES[0]],
    ["Enter", NEEDLES[1]],
    ["Shift+Enter", NEEDLES[0]],
    ["F3", NEEDLES[1]],
  ]) {
    const start = Date.now();
    await field.press(key);
    await shows(number);
    const took = Date.now() - start;
    console.log(`         ${name}: ${key} to a message far away in ${took} ms`);
    if (took > SOON_MS) throw new Error(`It took ${took} ms`);
  }
  await field.fill("no such words");
  await count.getByText("No results").waitFor();
  await field.press("Escape");
  await bar.waitFor({ state: "hidden" });
  await chat.locator("textarea[aria-label=Message]:focus").waitFor();
  equal(await chat.locator("html").evaluate(() => CSS.highlights.size), 0, "marks after it was closed");
}

/** A session of ten thousand messages, for the branch of the folder. */
function imported({ folder, store }) {
  const lines = ["# A long one\n"];
  for (let index = 0; index < PAIRS; index++) {
    const more = NEEDLES.includes(index) ? " has **the needle** in it" : "";
    lines.push(`## User\n\nquestion ${index}\n\n## Assistant\n\nanswer ${index}${more}\n`);
  }
  const file = path.join(folder, "long.md");
  fs.writeFileSync(file, lines.join("\n"));
  const command = ["-P", "-m", "threadkeep", "--store", store, "import", file, "--repo", folder];
  execFileSync(PYTHON, command, { cwd: ROOT, stdio: "ignore" });
}

/** In the page: whether an element can be seen in the list. */
function isInView(element) {
  const [own, list] = [element, element.closest(".messages")].map((each) => each.getBoundingClientRect());
  return own.top < list.bottom && own.bottom > list.top;
}

/** In the page: files are let go over an element, or pasted into it. */
function give(element, { kind, files }) {
  const data = new DataTransfer();
  for (const [name, bytes, type] of files) {
    // a number: so many letters
    const content = typeof bytes === "number" ? new Uint8Array(bytes).fill(97) : new Uint8Array(bytes);
    data.items.add(new File([content], name, { type }));
  }
  const event =
    kind === "drop"
      ? new DragEvent("drop", { dataTransfer: data, cancelable: true })
      : new ClipboardEvent("paste", { clipboardData: data, cancelable: true, bubbles: true });
  element.dispatchEvent(event);
}

function giveUris(element, uris) {
  const data = new DataTransfer();
  data.setData("application/vnd.code.uri-list", uris.join("\r\n"));
  element.dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
}
