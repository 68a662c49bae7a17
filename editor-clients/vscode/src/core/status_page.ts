/** The page of what the server is, what its store holds, and every setting. */
import type { ServerStatus, SettingValue, StoreInfo } from "../protocol";
import { commandLink, html, type Html } from "./html";

export function statusPage(status: ServerStatus, store: StoreInfo): Html {
  const number = (value: number): string => value.toLocaleString("en");
  const facts: readonly (readonly [string, string])[] = [
    ["Version", `${status.version}, protocol ${status.protocolVersion}`],
    ["Python", status.python],
    ["Process", String(status.pid)],
    ["Answers being written", number(status.runningTurns)],
    ["Log", status.log ?? "none"],
    ["Store", status.store],
    ["Its size", `${number(Math.ceil(store.bytes / 1024))} KiB`],
    ["Sessions", number(store.sessions)],
    ["Messages", number(store.messages)],
    ["Repositories", number(store.repositories)],
    ["Kept by", `${store.engine}, schema ${store.schemaVersion}`],
  ];
  return html`<h1>Threadkeep</h1>
    <nav aria-label="What can be done">
      ${commandLink("Open the settings", "openSettings")}${commandLink("Check the store", "checkStore")}${commandLink("Back it up", "backUpStore")}${commandLink("Use of tokens", "showUsage")}${commandLink("Show the log", "showOutput")}${commandLink("Restart the server", "restartServer")}
    </nav>
    ${status.problems.length === 0 ? html`` : problems(status.problems)}
    <dl>
      ${facts.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd> `,
      )}
    </dl>
    <table>
      <caption>
        Settings
      </caption>
      <thead>
        <tr>
          <th scope="col">setting</th>
          <th scope="col">value</th>
          <th scope="col">from</th>
        </tr>
      </thead>
      <tbody>
        ${status.settings.map(setting)}
      </tbody>
    </table>`;
}

function problems(told: readonly string[]): Html {
  return html`<section class="problems" aria-labelledby="problems">
    <h2 id="problems">Problems</h2>
    <ul>
      ${told.map((problem) => html`<li>${problem}</li> `)}
    </ul>
  </section>`;
}

function setting({ name, value, source }: SettingValue): Html {
  const shown = typeof value === "string" ? value : JSON.stringify(value);
  const told = shown === undefined || value === null ? html`<em>not set</em>` : html`<code>${shown}</code>`;
  return html`<tr>
    <th scope="row">${name}</th>
    <td>${told}</td>
    <td>${source}</td>
  </tr> `;
}
