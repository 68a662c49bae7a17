/** Shows what a tool call changed as a comparison of two texts, as they were then. */
import * as vscode from "vscode";
import type { DiffSide, FromView } from "../core/bridge";
import { nameOf } from "../core/part_words";
import type { BlobParams, BlobResult } from "../protocol";
import type { Parts } from "./commands";

const SCHEME = "threadkeep-call";
const PIECE = 1_048_576;
/** An editor shows no more of a text well. */
const MAX_BYTES = 50_000_000;
/** Texts that are held for comparisons; the oldest go. */
const MAX_HELD = 40;
const OVER = "This comparison is over. Open it once more, in the chat.\n";

export class CallDiffs implements vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private count = 0;

  constructor(private readonly parts: Parts) {
    parts.context.subscriptions.push(vscode.workspace.registerTextDocumentContentProvider(SCHEME, this));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? OVER;
  }

  async show(sessionId: string, { uri, before, after }: Extract<FromView, { type: "diff" }>): Promise<void> {
    const [old, now] = await Promise.all([this.read(sessionId, before), this.read(sessionId, after)]);
    this.count += 1;
    const name = nameOf(uri) || "change";
    const sides = [old, now].map((text, at) => {
      const side = vscode.Uri.from({ scheme: SCHEME, path: `/${this.count}/${at}/${name}` });
      this.texts.set(side.toString(), text);
      return side;
    });
    for (const key of [...this.texts.keys()].slice(0, -MAX_HELD)) this.texts.delete(key);
    const isNew = before.text === undefined && before.sha256 === undefined;
    const title = `${name}: ${isNew ? "new file" : "before and after"}`;
    await vscode.commands.executeCommand("vscode.diff", sides[0], sides[1], title);
  }

  private async read(sessionId: string, { text, sha256 }: DiffSide): Promise<string> {
    if (text !== undefined || sha256 === undefined) return text ?? "";
    const pieces: Buffer[] = [];
    let offset: number | undefined = 0;
    while (offset !== undefined) {
      const params: BlobParams = { sessionId, sha256, offset, limit: PIECE, encoding: "base64" };
      const { data, size, next }: BlobResult = await this.parts.server.ask("blob/get", params);
      if (size > MAX_BYTES) throw new Error("This text is too long to be compared in an editor.");
      pieces.push(Buffer.from(data, "base64"));
      offset = next;
    }
    return Buffer.concat(pieces).toString("utf8");
  }
}
