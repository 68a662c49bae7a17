import { expect, test } from "vitest";
import { runTurn } from "../src/core/participant_turn";
import type { Ask } from "../src/core/requests";
import type { Delta, TurnCompleted } from "../src/protocol";
import { message, turn } from "./support";

interface On {
  delta(delta: Delta): void;
  completed(end: TurnCompleted): void;
}

function delta(offset: number, text: string, messageId = "a1"): Delta {
  return { sessionId: "s1", turnId: "t1", messageId, kind: "text", offset, text, savedOffset: 0 };
}

const end: TurnCompleted = {
  sessionId: "s1",
  turn: turn("t1", { messageId: "a1", status: "completed" }),
  message: message("a1", { role: "assistant", content: "Hello you" }),
};

function world(): { on: () => On; asked: unknown[][]; ask: Ask; written: string[]; listeners: () => number } {
  const asked: unknown[][] = [];
  const written: string[] = [];
  const all = new Set<On>();
  const ask = ((method: string, params: unknown) => {
    asked.push([method, params]);
    const sent = {
      turnId: "t1",
      userMessage: message("u1"),
      assistantMessageId: "a1",
      isQueued: false,
      seq: 1,
    };
    return Promise.resolve(method === "chat/send" ? sent : {});
  }) as Ask;
  const on = (): On => ({
    delta: (each) => all.forEach((listener) => listener.delta(each)),
    completed: (each) => all.forEach((listener) => listener.completed(each)),
  });
  return Object.assign({ on, asked, ask, written, listeners: () => all.size }, { all });
}

function start(
  here: ReturnType<typeof world>,
  onStop: (stop: () => void) => () => void = () => () => undefined,
): Promise<TurnCompleted> {
  const { all } = here as unknown as { all: Set<On> };
  const notices = {
    listen: (listener: On) => {
      all.add(listener);
      return () => void all.delete(listener);
    },
  };
  return runTurn("s1", "Hi", [], {
    ask: here.ask,
    notices,
    write: (text) => here.written.push(text),
    onStop,
  });
}

test("an answer is handed on as it comes, without anything twice, and its rest at the end", async () => {
  const here = world();
  const running = start(here);
  here.on().delta(delta(0, "He"));
  await Promise.resolve();
  here.on().delta(delta(0, "Hello"));
  here.on().delta(delta(0, "not ours", "a2"));
  here.on().completed(end);
  expect(await running).toBe(end);
  expect(here.written.join("")).toBe("Hello you");
  expect(here.listeners()).toBe(0);
});

test("an end that comes before the answer to the request is not missed", async () => {
  const here = world();
  const running = start(here);
  here.on().completed(end);
  expect((await running).message.content).toBe("Hello you");
  expect(here.written).toEqual(["Hello you"]);
});

test("stopping it cancels the turn", async () => {
  const here = world();
  let stop: (() => void) | undefined;
  const running = start(here, (given) => {
    stop = given;
    return () => undefined;
  });
  await Promise.resolve();
  await Promise.resolve();
  stop?.();
  here.on().completed(end);
  await running;
  expect(here.asked.at(-1)).toEqual(["chat/cancel", { sessionId: "s1", turnId: "t1" }]);
});
