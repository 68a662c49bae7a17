/** HTML from texts that other people wrote: all that is put in is escaped, but for other HTML. */

export interface Html {
  readonly html: string;
}

type Inserted = string | number | Html | readonly Html[];

/** A template: html`<p>${text}</p>`. */
export function html(strings: TemplateStringsArray, ...inserted: readonly Inserted[]): Html {
  const parts = strings.map(
    (text, index) => text + (index < inserted.length ? written(inserted[index]) : ""),
  );
  return { html: parts.join("") };
}

function written(inserted: Inserted | undefined): string {
  if (inserted === undefined) return "";
  if (typeof inserted === "string" || typeof inserted === "number") return escaped(String(inserted));
  return "html" in inserted ? inserted.html : inserted.map((each) => each.html).join("");
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/gu, (sign) => `&#${sign.codePointAt(0) ?? 0};`);
}

/** A link that runs one of our commands. */
export function commandLink(label: string, command: string, ...args: readonly string[]): Html {
  const query = args.length === 0 ? "" : `?${encodeURIComponent(JSON.stringify(args))}`;
  return html`<a href="command:threadkeep.${command}${query}">${label}</a>`;
}
