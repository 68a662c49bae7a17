/** Makes protocol values for tests: only what a test is about has to be named. */
import type { Shown } from "../src/core/bridge";
import type { Message, OpenSessionResult, Session, Turn } from "../src/protocol";

const AT = "2025-03-01T09:30:00.000Z";

export function session(more: Partial<Session> = {}): Session {
  return {
    id: "s1",
    repository: { id: "r1", name: "app", roots: [] },
    task: "main",
    links: [],
    title: "A session",
    titleSource: "default",
    status: "active",
    isPrivate: false,
    activity: "idle",
    agent: "assistant",
    agentSwitchCount: 0,
    tags: [],
    isFavourite: false,
    metadata: {},
    messageCount: 0,
    usage: { inputTokens: 0, outputTokens: 0, cachedTokens: 0, reasoningTokens: 0 },
    createdAt: AT,
    updatedAt: AT,
    lastActivityAt: AT,
    revision: 1,
    seq: 1,
    ...more,
  };
}

export function message(id: string, more: Partial<Message> = {}): Message {
  const content = more.content ?? id;
  return {
    id,
    sessionId: "s1",
    seq: 1,
    role: "user",
    content,
    parts: content === "" ? [] : [{ type: "text", text: content }],
    status: "complete",
    isFavourite: false,
    metadata: {},
    createdAt: AT,
    ...more,
  };
}

export function turn(id: string, more: Partial<Turn> = {}): Turn {
  return {
    id,
    sessionId: "s1",
    status: "running",
    messageId: `answer of ${id}`,
    agent: "assistant",
    model: "test",
    provider: "work",
    startedAt: AT,
    ...more,
  };
}

/** How a page names a session. */
export function shown(of: Session = session()): Shown {
  return { at: of.id, task: of.task, repository: of.repository.name };
}

/** What a page and its state are given when a session was opened. */
export function given(messages: readonly Message[], more: Partial<OpenSessionResult> = {}) {
  const own = more.session ?? session();
  const result = { session: own, created: false, messages: [...messages], seq: 1, ...more };
  return {
    type: "opened",
    shown: shown(own),
    result,
    prompt: { text: "", attachments: [] },
    others: [],
  } as const;
}
