/** What can be attached: text of a moderate length. Everything else is refused in words, and nothing is mangled. */

/** As the server has it, for one attachment. */
export const MAX_BYTES = 1024 * 1024;
/** How much of a file tells whether it is text. */
export const LOOKED_AT = 64 * 1024;

const PICTURES = /\.(?:png|jpe?g|gif|webp|bmp|ico|tiff?|avif|heic|heif|psd)$/iu;

export interface GivenFile {
  readonly name: string;
  readonly size: number;
  /** Its media type, where that is known. */
  readonly type?: string;
  /** Its beginning. */
  readonly start: Uint8Array;
}

/** Why a file cannot be attached; undefined if it can. */
export function refusalOf({ name, size, type = "", start }: GivenFile): string | undefined {
  const isPicture = /^image\/(?!svg)/iu.test(type) || PICTURES.test(name);
  if (isPicture) return `${name} is an image. Models get no images yet: tell in words what it shows.`;
  if (encodingOf(start) === undefined) return `${name} is not text, so it was not attached.`;
  if (size > MAX_BYTES)
    return `${name} is larger than 1 MiB, the most that can be attached. Select a part of it in an editor and attach that.`;
  return undefined;
}

/** The text of a file that was not refused, without the mark at its beginning. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes) ?? "utf-8").decode(bytes);
}

/** Undefined for what is no text. */
function encodingOf(bytes: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  if (bytes.includes(0)) return undefined;
  try {
    // streamed: a letter may be cut off at the end of what was looked at
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return "utf-8";
  } catch {
    return undefined;
  }
}

/** Where text came from that lies in no file that anybody could open: its name goes along. */
export function namedPlace(name: string): string {
  return `untitled:/${encodeURIComponent(name)}`;
}
