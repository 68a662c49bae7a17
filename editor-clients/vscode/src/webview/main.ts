/** Starts the chat page. */
import { ChatApp } from "./chat_app";
import type { Page } from "./connection";

declare function acquireVsCodeApi(): Page;

const root = document.getElementById("app");
if (root !== null) new ChatApp(root, acquireVsCodeApi());
