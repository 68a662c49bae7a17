// The chat page alone, in Chromium, with ten thousand messages behind it and an answer of a thousand tokens a second.
import path from "node:path";
import { equal, LIMIT, until } from "./lib.mjs";

const DIST = path.resolve(import.meta.dirname, "../dist/webview");
const COUNT = 10_000;
const TOKENS = 3_000;

export async function longChat(browser) {
  const page = await browser.newPage({ viewport: { width: 420, height: 800 } });
  page.setDefaultTimeout(LIMIT);
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.setContent('<!DOCTYPE html><html><body><div id="app"></div></body></html>');
  await page.addStyleTag({ path: path.join(DIST, "chat.css") });
  await page.evaluate(standIn, COUNT);
  await page.addScriptTag({ path: path.join(DIST, "chat.js") });
  const articles = page.locator("article.message");
  await page.getByText(`message ${COUNT - 1} `).waitFor();
  await foundFarBack(page);
  // up to the first message, a page of history at a time
  await page.evaluate(async (count) => {
    const list = document.querySelector(".messages");
    list.dispatchEvent(new WheelEvent("wheel", { deltaY: -1 }));
    while (window.loaded < count) {
      list.scrollTop = 0;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }, COUNT);
  await until("the first message is in view", async () => {
    await page.locator(".messages").evaluate((list) => (list.scrollTop = 0));
    return page.getByText("message 0 ").first().isVisible();
  });
  equal(await page.evaluate(() => window.loaded), COUNT, "messages that were loaded");
  const many = await articles.count();
  if (many > 80) throw new Error(`${many} messages are on the page at once`);
  await page.getByRole("button", { name: "To the newest message" }).click();
  await page.getByText(`message ${COUNT - 1} `).waitFor();
  await page.evaluate(stream, TOKENS);
  await page.getByText("The last token.").waitFor();
  const { text, atEnd } = await page.evaluate(() => {
    const list = document.querySelector(".messages");
    return {
      text: document.querySelector("article:last-child .body:not(.reasoning .body)").textContent,
      atEnd: list.scrollHeight - list.scrollTop - list.clientHeight,
    };
  });
  equal(text.match(/word\d+/gu)?.length, TOKENS, "words of the answer");
  if (atEnd > 4) throw new Error(`The end of the answer is ${atEnd} pixels out of view`);
  equal(errors, [], "errors of the page");
  await page.close();
}

/** A search hit in the middle is shown with a page around it, a sign while it comes, and a way on in both directions. */
async function foundFarBack(page) {
  const sign = page.getByText("Looking for the message…");
  const before = await page.evaluate(() => window.loaded);
  await page.evaluate((at) => {
    window.hold = true;
    window.tell({ type: "reveal", messageId: `m${at}` });
  }, COUNT / 2);
  await sign.waitFor();
  await page.evaluate(() => window.letGo());
  await page.locator("article.found", { hasText: `message ${COUNT / 2} ` }).waitFor();
  await sign.waitFor({ state: "hidden" });
  const loaded = (await page.evaluate(() => window.loaded)) - before;
  if (loaded > 400) throw new Error(`${loaded} messages were read to show one`);
  const list = page.locator(".messages");
  /** The first and the last message that is on the page. */
  const shown = () =>
    page.evaluate(() => {
      const numbers = [...document.querySelectorAll("article.message")].map((each) =>
        Number(/message (\d+) /u.exec(each.textContent)?.[1]),
      );
      return { first: numbers[0], last: numbers.at(-1) };
    });
  await until("one reads on", async () => {
    await list.evaluate((element) => (element.scrollTop = element.scrollHeight));
    return (await shown()).last >= COUNT / 2 + 200;
  });
  await until("one reads back", async () => {
    await list.evaluate((element) => (element.scrollTop = 0));
    return (await shown()).first <= COUNT / 2 - 200;
  });
  await page.getByRole("button", { name: "To the newest message" }).click();
  await page.getByText(`message ${COUNT - 1} `).waitFor();
  // what is in the chat now is the newest page alone
  await page.evaluate(() => (window.loaded = 50));
}

/** In the page: the extension and the server behind it, as far as the chat asks. */
function standIn(count) {
  const at = "2025-03-01T09:30:00.000Z";
  const usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, reasoningTokens: 0 };
  const session = {
    id: "s1",
    repository: { id: "r", name: "app", roots: [] },
    task: "main",
    links: [],
    title: "Long",
    titleSource: "user",
    status: "active",
    isPrivate: false,
    activity: "idle",
    agent: "assistant",
    agentSwitchCount: 0,
    tags: [],
    isFavourite: false,
    metadata: {},
    messageCount: count,
    usage,
    createdAt: at,
    updatedAt: at,
    lastActivityAt: at,
    revision: 1,
    seq: count,
  };
  const message = (index) => {
    const content = `message ${index} ${"and some more words ".repeat((index * 7) % 23)}`;
    return {
      id: `m${index}`,
      sessionId: "s1",
      seq: index,
      ...(index > 0 ? { parentId: `m${index - 1}` } : {}),
      role: index % 2 === 0 ? "user" : "assistant",
      content,
      parts: [{ type: "text", text: content }],
      status: "complete",
      isFavourite: false,
      metadata: {},
      createdAt: at,
    };
  };
  const pageBefore = (end, limit) => {
    const start = Math.max(0, end - limit);
    window.loaded = (window.loaded ?? 0) + end - start;
    const messages = Array.from({ length: end - start }, (_, index) => message(start + index));
    const after = end < count ? { afterCursor: String(end) } : {};
    return { messages, ...(start > 0 ? { beforeCursor: String(start) } : {}), ...after };
  };
  const pageOf = ({ before, after, around, limit }) => {
    if (around !== undefined) return pageBefore(Number(around.slice(1)) + limit / 2, limit);
    if (after !== undefined) return pageBefore(Math.min(count, Number(after) + limit), limit);
    return pageBefore(Number(before ?? count), limit);
  };
  window.tell = (data) => window.postMessage(data, "*");
  let state;
  window.acquireVsCodeApi = () => ({
    getState: () => state,
    setState: (next) => (state = next),
    postMessage: (asked) => {
      if (asked.type === "ready")
        window.tell({
          type: "opened",
          result: { session, created: false, seq: count, ...pageBefore(count, 50) },
        });
      if (asked.type !== "request") return;
      const reply = () => {
        const result = asked.method === "session/history" ? pageOf(asked.params) : {};
        window.tell({ type: "reply", id: asked.id, result });
      };
      if (window.hold && asked.params.around !== undefined) window.letGo = reply;
      else reply();
    },
  });
}

/** In the page: a turn whose tokens come as fast as a thousand a second, in deltas of a frame each. */
async function stream(tokens) {
  const turn = {
    id: "t",
    sessionId: "s1",
    status: "running",
    messageId: "answer",
    agent: "assistant",
    model: "m",
    provider: "p",
    startedAt: "2025-03-01T09:30:00.000Z",
    userMessageId: "m9999",
  };
  const notice = (method, params) =>
    window.tell({ type: "notices", notices: [{ method, params: { sessionId: "s1", ...params } }] });
  notice("chat/turnStarted", { turn });
  let offset = 0;
  const put = (text) => {
    notice("chat/delta", {
      turnId: "t",
      messageId: "answer",
      kind: "text",
      offset,
      text,
      savedOffset: offset,
    });
    offset += text.length;
  };
  for (let index = 0; index < tokens; index += 25) {
    let text = "";
    for (let each = index; each < Math.min(index + 25, tokens); each++)
      text += each % 40 === 39 ? `word${each}.\n\n` : `word${each} `;
    put(text);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  put("The last token.");
}
