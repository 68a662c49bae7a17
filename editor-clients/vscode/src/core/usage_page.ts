/** The page of tokens and costs. */
import type { SummarizeUsageResult, UsageGroup, UsageRow } from "../protocol";
import { cost, count, plural } from "./format";
import { commandLink, html, type Html } from "./html";

/** What can be summed up by, and how people call it. */
const GROUPS: readonly (readonly [UsageGroup, string])[] = [
  ["day", "day"],
  ["model", "model"],
  ["agent", "agent"],
  ["task", "branch"],
  ["repository", "repository"],
  ["session", "session"],
];

export function isUsageGroup(value: unknown): value is UsageGroup {
  return GROUPS.some(([group]) => group === value);
}

export function usagePage(groupBy: UsageGroup, { rows, total, count: all }: SummarizeUsageResult): Html {
  const name = GROUPS.find(([group]) => group === groupBy)?.[1] ?? groupBy;
  const largest = Math.max(1, ...rows.map(tokens));
  const left = all - rows.length;
  return html`<h1>Use of tokens</h1>
    <nav aria-label="Sum up by">${GROUPS.map((each) => choice(each, groupBy))}</nav>
    ${
      rows.length === 0
        ? html`<p>No answer was given yet.</p>`
        : html`<table>
            <caption>
              By ${name}
            </caption>
            <thead>
              <tr>
                <th scope="col">${name}</th>
                <th scope="col" class="number">answers</th>
                <th scope="col" class="number">in</th>
                <th scope="col" class="number">out</th>
                <th scope="col" class="number">cost</th>
                <td></td>
              </tr>
            </thead>
            <tbody>
              ${rows.map((row) => line(row.label, row, meter(row, largest)))}
            </tbody>
            <tfoot>
              ${line("all", total, html``)}
            </tfoot>
          </table>`
    }
    ${left > 0 ? html`<p>${plural(left, "more row")} ${left === 1 ? "is" : "are"} in the sum only.</p>` : html``}`;
}

function choice([group, name]: readonly [UsageGroup, string], groupBy: UsageGroup): Html {
  return group === groupBy
    ? html`<span aria-current="true">${name}</span>`
    : commandLink(name, "showUsage", group);
}

function line(label: string, row: UsageRow, last: Html): Html {
  const { usage } = row;
  const sum = usage.cost === undefined ? "" : cost(usage.cost);
  const exact = (value: number): Html =>
    html`<td class="number" title="${value.toLocaleString("en")} tokens">${count(value)}</td>`;
  return html`<tr>
    <th scope="row">${label || "not told"}</th>
    <td class="number">${row.answers.toLocaleString("en")}</td>
    ${exact(usage.inputTokens)}${exact(usage.outputTokens)}
    <td class="number">${sum}</td>
    <td>${last}</td>
  </tr> `;
}

function meter(row: UsageRow, largest: number): Html {
  const value = tokens(row);
  const share = Math.round((100 * value) / largest);
  return html`<meter min="0" max="100" value="${share}" aria-label="${share} % of the largest"></meter>`;
}

function tokens({ usage }: UsageRow): number {
  return usage.inputTokens + usage.outputTokens;
}
