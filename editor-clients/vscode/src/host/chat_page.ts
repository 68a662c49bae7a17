/** The page of a chat view: no remote content, no inline script, one nonce. */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

export function webviewOptions(extension: vscode.Uri): vscode.WebviewOptions {
  return {
    enableScripts: true,
    enableCommandUris: false,
    enableForms: false,
    localResourceRoots: [vscode.Uri.joinPath(extension, "dist", "webview")],
  };
}

export function chatPage(webview: vscode.Webview, extension: vscode.Uri): string {
  const at = (name: string): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(extension, "dist", "webview", name)).toString();
  const nonce = randomBytes(18).toString("base64url");
  // Styles come from our files, and from our scripts that draw diagrams; the positions of the virtual list are set by
  // script, which CSP leaves alone. Pictures are those that our scripts make: a diagram cannot run or fetch anything.
  const policy = [
    "default-src 'none'",
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    "img-src blob:",
    `font-src ${webview.cspSource}`,
    `script-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Threadkeep chat</title>
<link rel="stylesheet" href="${at("chat.css")}">
</head>
<body>
<div id="app"></div>
<script nonce="${nonce}" src="${at("chat.js")}"></script>
</body>
</html>`;
}
