/** Pages to read: drawn in a tab, without any script. */
import * as vscode from "vscode";
import type { Html } from "../core/html";
import type { Parts } from "./commands";

export const PAGE = "threadkeep.page";
/** Commands that a page's links may run; none of them changes a session. */
const LINKED = ["showUsage", "openSettings", "checkStore", "backUpStore", "showOutput", "restartServer"].map(
  (name) => `threadkeep.${name}`,
);

export class Pages {
  private readonly panels = new Map<string, vscode.WebviewPanel>();

  constructor(private readonly parts: Parts) {}

  /** Shows a page under a title; one that is open already is brought up to date. */
  show(title: string, body: Html): void {
    const panel = this.panels.get(title) ?? this.opened(title);
    panel.webview.html = this.page(panel.webview, title, body);
    panel.reveal();
  }

  private opened(title: string): vscode.WebviewPanel {
    const { extensionUri } = this.parts.context;
    const options = {
      enableCommandUris: LINKED,
      enableFindWidget: true,
      localResourceRoots: [vscode.Uri.joinPath(extensionUri, "media")],
    };
    const panel = vscode.window.createWebviewPanel(PAGE, title, vscode.ViewColumn.Active, options);
    panel.iconPath = vscode.Uri.joinPath(extensionUri, "media", "activity.svg");
    panel.onDidDispose(() => this.panels.delete(title));
    this.panels.set(title, panel);
    return panel;
  }

  private page(webview: vscode.Webview, title: string, body: Html): string {
    const style = vscode.Uri.joinPath(this.parts.context.extensionUri, "media", "page.css");
    const policy = `default-src 'none'; style-src ${webview.cspSource}; base-uri 'none'; form-action 'none'`;
    return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="${webview.asWebviewUri(style).toString()}">
</head>
<body>
<main>
${body.html}
</main>
</body>
</html>`;
  }
}
