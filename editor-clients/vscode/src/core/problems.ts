/** The problems of a file as text that a model can read. */

export interface Problem {
  readonly severity: "error" | "warning" | "information" | "hint";
  readonly line: number;
  readonly character: number;
  readonly message: string;
  readonly source?: string;
  readonly code?: string;
}

/** One line a problem, worst first, with 1-based places; `lines` are those of the file. */
export function problemsText(path: string, problems: readonly Problem[], lines: readonly string[]): string {
  const order = ["error", "warning", "information", "hint"];
  const sorted = [...problems].sort(
    (one, other) =>
      order.indexOf(one.severity) - order.indexOf(other.severity) ||
      one.line - other.line ||
      one.character - other.character,
  );
  return sorted
    .map((problem) => {
      const origin = [problem.source, problem.code].filter((part) => part !== undefined).join(" ");
      const place = `${path}:${problem.line + 1}:${problem.character + 1}`;
      const code = lines[problem.line]?.trim() ?? "";
      const told = `${place}: ${problem.severity}: ${problem.message}${origin === "" ? "" : ` (${origin})`}`;
      return code === "" ? told : `${told}\n    ${code}`;
    })
    .join("\n");
}
