/** Whether an answer can be carried on with. */
import type { Message, Session } from "../protocol";
import { isRunning } from "./groups";

/** The newest answer was cut off: by a crash, by a person, by an error or by the limit of tokens. */
export function canContinue(session: Session, messages: readonly Message[]): boolean {
  if (session.status !== "active" || isRunning(session)) return false;
  const newest = messages.findLast(({ role }) => role !== "event");
  if (newest?.role !== "assistant" || newest.content === "") return false;
  return ["interrupted", "cancelled", "failed"].includes(newest.status) || newest.stopReason === "maxTokens";
}
