/** What is said of an answer that ended out of sight. */
import type { TurnCompleted } from "../protocol";
import { failureHeading } from "./failures";
import { shortened } from "./format";

const MAX_TITLE = 60;
const MAX_WORDS = 120;

/** Undefined where nothing is to be said: the person stopped it, and knows. */
export function noticeWords(title: string, { turn, message }: TurnCompleted): string | undefined {
  const name = `“${shortened(title, MAX_TITLE)}”`;
  switch (turn.status) {
    case "completed":
      return `${name} has an answer: ${shortened(message.content, MAX_WORDS)}`;
    case "failed":
      return `${name} has no answer. ${turn.error === undefined ? "It failed." : `${failureHeading(turn.error)}: ${shortened(turn.error.message, MAX_WORDS)}`}`;
    case "interrupted":
      return `The answer in ${name} was interrupted.`;
    default:
      return undefined;
  }
}
