import { expect, test } from "vitest";
import { nextStep, oneLine } from "../src/core/failures";

const step = (kind: string, more: object = {}): unknown =>
  nextStep({ message: "No.", data: { kind, retryable: false, ...more } });

test("a refusal leads on: to the session that was meant, to a key, to a model", () => {
  const node = { kind: "session", session: { id: "s1" } };
  expect(step("sessionPaused", { sessionId: "s1" })).toMatchObject({
    command: "resumeSession",
    argument: node,
  });
  expect(step("sessionEnded", { sessionId: "s1" })).toMatchObject({ command: "forkSession", argument: node });
  expect(step("providerAuth", { provider: "openai" })).toMatchObject({
    command: "enterKey",
    argument: "openai",
  });
  expect(
    ["modelNotFound", "providerNotFound", "agentNotFound", "settingsInvalid"].map((kind) => step(kind)),
  ).toEqual(
    ["setModel", "setModel", "switchAgent", "openSettings"].map(
      (command) => expect.objectContaining({ command }) as unknown,
    ),
  );
});

test("what has no way on, and a session that is not named, get no button", () => {
  expect([step("internalError"), step("sessionPaused"), nextStep({ message: "No." })]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("a notification is one line", () => {
  expect(oneLine(" The store\n\n  is away. ")).toBe("The store is away.");
});
