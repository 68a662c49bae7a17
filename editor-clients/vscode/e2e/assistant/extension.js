// What VS Code's own chat needs before it opens: somebody who answers by default, and a model. It says nothing itself.
"use strict";
const vscode = require("vscode");

const MODEL = {
  name: "Model of the tests",
  vendor: "tests",
  family: "tests",
  version: "1",
  maxInputTokens: 1000,
  maxOutputTokens: 1000,
  isDefault: true,
  isUserSelectable: true,
};

exports.activate = ({ subscriptions }) => {
  const model = { provideLanguageModelResponse: async () => undefined, provideTokenCount: async () => 1 };
  subscriptions.push(
    vscode.lm.registerChatModelProvider("silent", model, MODEL),
    vscode.chat.createChatParticipant("threadkeep-tests.assistant", async (_request, _context, stream) => {
      stream.markdown("The assistant of the tests was asked.");
    }),
  );
};
