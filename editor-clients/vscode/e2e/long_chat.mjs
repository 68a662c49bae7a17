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
    return { messages, ...(start > 0 ? { beforeCursor: String(start) } : {}) };
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
      const result =
        asked.method === "session/history"
          ? pageBefore(Number(asked.params.before ?? count), asked.params.limit)
          : {};
      window.tell({ type: "reply", id: asked.id, result });
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
