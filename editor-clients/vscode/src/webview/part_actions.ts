/** What the parts of messages ask for, of the server and of the extension; apart, so that tests have it without a list. */
import type { ChatFeed } from "./chat_feed";
import type { Connection } from "./connection";
import { Contents } from "./contents";
import type { PartActions } from "./message_body";

export function partActions(connection: Connection, feed: ChatFeed): PartActions {
  /** What a person opened stays open when it comes into view again. */
  const open = new Set<string>();
  return {
    contents: new Contents((piece) => feed.attempt(connection.ask("blob/get", piece))),
    isOpen: (key) => open.has(key),
    toggled: (key, isOpen) => {
      if (isOpen) open.add(key);
      else open.delete(key);
    },
    openFile: (uri, line) => connection.post({ type: "file", uri, ...(line === undefined ? {} : { line }) }),
    openDiff: (uri, before, after) => connection.post({ type: "diff", at: feed.at, uri, before, after }),
    loadParts: (message, from, count) => feed.loadParts(message.id, from, count),
  };
}
