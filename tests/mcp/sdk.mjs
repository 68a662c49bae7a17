// The official TypeScript SDK talks to the server; prints what it got as JSON. Arguments: legacy or a version, then
// the command.
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const [era, sessionId, cwd, command, ...args] = process.argv.slice(2);
const transport = new StdioClientTransport({ command, args, cwd, env: process.env, stderr: "inherit" });
const options = era === "legacy" ? {} : { versionNegotiation: { mode: { pin: era } } };
const client = new Client({ name: "tests", version: "1.0.0" }, options);
await client.connect(transport);
const text = async (name, given) => (await client.callTool({ name, arguments: given })).content[0].text;
const told = {
  version: client.getNegotiatedProtocolVersion?.() ?? "",
  server: client.getServerVersion()?.name,
  instructions: client.getInstructions() ?? "",
  tools: (await client.listTools()).tools.map((tool) => tool.name),
  found: await text("search_sessions", { query: "kiwi parser" }),
  opened: await text("open_session", { id: sessionId }),
  resources: (await client.listResources()).resources.map((resource) => resource.uri),
  prompts: (await client.listPrompts()).prompts.map((prompt) => prompt.name),
};
const read = await client.readResource({ uri: `threadkeep://session/${sessionId}` });
told.read = read.contents[0].text;
told.prompt = (await client.getPrompt({ name: "continue" })).messages[0].content.text;
await client.close();
console.log(JSON.stringify(told));
