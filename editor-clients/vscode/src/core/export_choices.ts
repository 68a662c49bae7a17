/** The export formats as a person chooses among them. */
import type { Exporter } from "../protocol";

export interface ExportChoice {
  readonly label: string;
  readonly description: string;
  readonly format: string;
  /** The usual ending of a file's name, without its dot. */
  readonly ending: string;
}

/** Those that can be used, the usual one first; one of an installed package says whose it is. */
export function exportChoices(exporters: readonly Exporter[]): ExportChoice[] {
  const usable = exporters.filter(({ problem }) => problem === undefined);
  const usual = usable.filter(({ name }) => name === "markdown");
  return [...usual, ...usable.filter((each) => !usual.includes(each))].map((each) => ({
    label: each.label,
    description: description(each),
    format: each.name,
    ending: (each.extensions[0] ?? ".txt").slice(1),
  }));
}

function description({ lossless, origin }: Exporter): string {
  const use = lossless ? "everything; can be imported" : "to read";
  return origin === "threadkeep" ? use : `${use}; from ${origin}`;
}
