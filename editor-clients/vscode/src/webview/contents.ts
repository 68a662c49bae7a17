/** Contents that lie apart: brings their bytes from the server, and makes pictures of them. */
import type { BlobResult } from "../protocol";

/** Asks for a piece; undefined: it was refused, and said so. */
export type AskPiece = (params: {
  sha256: string;
  offset: number;
  limit: number;
  encoding: "base64";
}) => Promise<BlobResult | undefined>;

const PIECE = 1_048_576;
/** More of a text is not put on the page; an editor shows all. */
export const MAX_TEXT = 4_194_304;
const MAX_PICTURE = 33_554_432;
const MAX_PICTURES = 40;
/** What a page shows as a picture; all else is a line with its name. */
const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"]);

export function isPicture(mimeType: string | undefined, size: number): boolean {
  return PICTURES.has(mimeType ?? "") && size <= MAX_PICTURE;
}

export class Contents {
  private readonly pictures = new Map<string, Promise<string | undefined>>();

  constructor(private readonly ask: AskPiece) {}

  /** The end of a text, at most MAX_TEXT bytes of it. */
  async text(sha256: string, size: number): Promise<string | undefined> {
    const from = Math.max(0, size - MAX_TEXT);
    const bytes = await this.bytes(sha256, from, size);
    if (bytes === undefined) return undefined;
    const text = new TextDecoder().decode(bytes);
    // it may begin in the middle of a character
    return from === 0 ? text : text.replace(/^\ufffd+/u, "");
  }

  /** The address of a picture. */
  picture(sha256: string, size: number, mimeType: string): Promise<string | undefined> {
    const key = `${mimeType} ${sha256}`;
    const known = this.pictures.get(key);
    if (known !== undefined) return known;
    const made = this.bytes(sha256, 0, size).then((bytes) => {
      if (bytes === undefined) this.pictures.delete(key);
      return bytes && URL.createObjectURL(new Blob([bytes], { type: mimeType }));
    });
    this.pictures.set(key, made);
    const [oldest] = this.pictures.keys();
    if (this.pictures.size > MAX_PICTURES && oldest !== undefined) {
      void this.pictures.get(oldest)?.then((url) => url !== undefined && URL.revokeObjectURL(url));
      this.pictures.delete(oldest);
    }
    return made;
  }

  private async bytes(
    sha256: string,
    from: number,
    to: number,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const all = new Uint8Array(Math.max(0, to - from));
    let offset = from;
    while (offset < to) {
      const piece = await this.ask({
        sha256,
        offset,
        limit: Math.min(PIECE, to - offset),
        encoding: "base64",
      });
      if (piece === undefined) return undefined;
      const bytes = Uint8Array.from(atob(piece.data), (sign) => sign.charCodeAt(0)).subarray(0, to - offset);
      all.set(bytes, offset - from);
      offset += bytes.length;
      if (bytes.length === 0 || piece.next === undefined) break;
    }
    return all.subarray(0, offset - from);
  }
}
