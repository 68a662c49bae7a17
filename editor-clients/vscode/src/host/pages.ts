/** Pages to read: they cannot be edited, and close without a question. */
import * as vscode from "vscode";
import type { Parts } from "./commands";

const SCHEME = "threadkeep-page";

export class Pages implements vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  constructor({ context }: Parts) {
    const provider = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
    context.subscriptions.push(this.changed, provider);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? "Run the command again to see this page.\n";
  }

  /** Shows Markdown under a title; a page that is open already is brought up to date. */
  async show(title: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${title}.md` });
    this.texts.set(uri.path, text);
    this.changed.fire(uri);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: false });
  }
}
