/** Hits of a search as lines of a list. */
import type { Hit } from "../protocol";
import { shortened } from "./format";

export interface SearchLine {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
  readonly sessionId: string;
  readonly messageId?: string;
}

const SNIPPET = 160;

export function searchLine(hit: Hit): SearchLine {
  const { session } = hit;
  const place = hit.field === "content" ? "" : hit.field;
  const description = [
    `${session.repository.name} · ${session.task}`,
    place,
    session.status === "active" ? "" : session.status,
  ];
  return {
    label: session.title,
    description: description.filter((part) => part !== "").join(" · "),
    detail: shortened(marked(hit), SNIPPET),
    sessionId: session.id,
    ...(hit.messageId === undefined ? {} : { messageId: hit.messageId }),
  };
}

/** The snippet from a little before the first finding on, so that a short line shows it. */
function marked(hit: Hit): string {
  const first = hit.ranges[0];
  if (first === undefined) return hit.snippet;
  const start = first.start - hit.snippetStart;
  if (start < 60) return hit.snippet;
  return `…${hit.snippet.slice(Math.max(0, start - 40))}`;
}
