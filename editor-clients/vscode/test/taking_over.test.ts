import { describe, expect, test } from "vitest";
import type { Ask } from "../src/core/requests";
import { takingOver } from "../src/core/taking_over";

const HOLDER = { client: "nvim", pid: 4, host: "box", since: "2026-01-01T00:00:00.000Z" };

/** A server whose session is held by a window that does not react, until it is taken over. */
function stopped(more: object = {}): { ask: Ask; asked: [string, unknown][] } {
  const asked: [string, unknown][] = [];
  let isHeld = true;
  const ask = async (method: string, params: unknown): Promise<unknown> => {
    asked.push([method, params]);
    await Promise.resolve();
    if (method === "chat/takeOver") isHeld = false;
    else if (isHeld)
      throw Object.assign(new Error("It does not react."), {
        code: 1005,
        data: {
          kind: "sessionBusy",
          retryable: true,
          turnId: "t9",
          holder: HOLDER,
          isUnresponsive: true,
          canTakeOver: true,
          ...more,
        },
      });
    return { from: method };
  };
  return { ask: ask as Ask, asked };
}

const yes = (): Promise<boolean> => Promise.resolve(true);
const no = (): Promise<boolean> => Promise.resolve(false);

describe("a window that does not react", () => {
  test("is taken over after a question that says what is at stake", async () => {
    const { ask, asked } = stopped();
    const questions: string[] = [];
    const agrees = (question: string, detail: string): Promise<boolean> => {
      questions.push(question, detail);
      return yes();
    };
    expect(await takingOver(ask, agrees)("session/pause", { sessionId: "s" })).toEqual({
      from: "session/pause",
    });
    expect(asked).toEqual([
      ["session/pause", { sessionId: "s" }],
      ["chat/takeOver", { sessionId: "s", turnId: "t9" }],
      ["session/pause", { sessionId: "s" }],
    ]);
    expect(questions[0]).toBe(
      "nvim (process 4 on box) writes an answer in this session and does not react. Take over?",
    );
    expect(questions[1]).toContain("What it has not stored yet of the answer is lost");
  });

  test("is left alone without a yes, and the refusal is told", async () => {
    const { ask, asked } = stopped();
    await expect(takingOver(ask, no)("session/end", { sessionId: "s" })).rejects.toMatchObject({
      code: 1005,
    });
    expect(asked.map(([method]) => method)).toEqual(["session/end"]);
  });

  test("whose answer is stopped needs no second request", async () => {
    const { ask, asked } = stopped();
    await takingOver(ask, yes)("chat/cancel", { sessionId: "s" });
    expect(asked.map(([method]) => method)).toEqual(["chat/cancel", "chat/takeOver"]);
  });

  test("is asked about once for all that meets it", async () => {
    const { ask } = stopped();
    let questions = 0;
    const over = takingOver(ask, () => {
      questions++;
      return yes();
    });
    await Promise.all([
      over("session/pause", { sessionId: "s" }),
      over("chat/cancel", { sessionId: "s" }),
      over("session/delete", { sessionId: "s" }),
    ]);
    expect(questions).toBe(1);
  });

  test.each([{ canTakeOver: false }, { isUnresponsive: undefined }, { kind: "sessionPaused" }])(
    "and other refusals are no question: %o",
    async (more) => {
      const { ask } = stopped(more);
      const never = (): Promise<boolean> => Promise.reject(new Error("nobody is to be asked"));
      await expect(takingOver(ask, never)("chat/cancel", { sessionId: "s" })).rejects.toMatchObject({
        message: "It does not react.",
      });
    },
  );
});
