/** Links that open a session in the editor, at a message if they name one. */

export interface SessionLink {
  readonly sessionId: string;
  readonly messageId?: string;
}

const PATH = /^\/session\/([^/]+)$/u;

/** scheme: how this build of the editor is reached, such as `vscode`. */
export function writtenLink(scheme: string, { sessionId, messageId }: SessionLink): string {
  const message = messageId === undefined ? "" : `?message=${encodeURIComponent(messageId)}`;
  return `${scheme}://threadkeep.threadkeep/session/${encodeURIComponent(sessionId)}${message}`;
}

/** Undefined for what is no such link. Both are as a URI's parts are given: path decoded, query not. */
export function readLink(path: string, query: string): SessionLink | undefined {
  const sessionId = PATH.exec(path)?.[1];
  if (sessionId === undefined) return undefined;
  const messageId = new URLSearchParams(query).get("message") ?? "";
  return messageId === "" ? { sessionId } : { sessionId, messageId };
}
