/** What a file has that a block does not: what would go if the block took the file's place. */
import type { Chunk, Outline } from "./outline";

export interface Lost {
  /** What the file defines and the block does not, as `Cart.total`. */
  readonly definitions: readonly string[];
  /** Other lines of the file that the block does not have. */
  readonly lines: readonly string[];
  /** Whether the block says that it leaves something out. */
  readonly isElided: boolean;
  /** How many of the file's other lines the block has. */
  readonly kept: number;
}

export function lost(file: Outline, block: Outline): Lost {
  const definitions: string[] = [];
  const lines: string[] = [];
  const has = new Set(block.lines.map(normal));
  let kept = 0;
  const look = (chunks: readonly Chunk[], others: readonly Chunk[], prefix: string): void => {
    const known = counted(others);
    for (const chunk of chunks) {
      if (chunk.kind === "definition") {
        const left = known.get(chunk.name) ?? [];
        const other = left.shift();
        if (other === undefined) definitions.push(prefix + chunk.name);
        else look(chunk.members, other.members, `${prefix}${chunk.name}.`);
      } else if (chunk.kind === "import" || chunk.kind === "other")
        for (const line of file.lines.slice(chunk.start, chunk.end)) {
          if (normal(line) === "") continue;
          if (has.has(normal(line))) kept += 1;
          else lines.push(line.trim());
        }
    }
  };
  look(file.chunks, block.chunks, "");
  return { definitions, lines, isElided: block.chunks.some(({ isElided }) => isElided), kept };
}

/** The definitions of a place by name, in order. */
export function counted(chunks: readonly Chunk[]): Map<string, Chunk[]> {
  const known = new Map<string, Chunk[]>();
  for (const chunk of chunks)
    if (chunk.kind === "definition") known.set(chunk.name, [...(known.get(chunk.name) ?? []), chunk]);
  return known;
}

export function normal(line: string): string {
  return line.trim().replace(/\s+/gu, " ");
}
