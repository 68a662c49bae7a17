// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { MAX_BYTES, refusalOf, textOf } from "../src/core/intake";
import { attachmentName } from "../src/webview/message_words";
import { hasFilesOnly, taken } from "../src/webview/intake";

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]);

function given(files: File[], data: Readonly<Record<string, string>> = {}): DataTransfer {
  return { files, getData: (type: string) => data[type] ?? "" } as unknown as DataTransfer;
}

describe("what is no text is refused in words", () => {
  test.each([
    ["shot.png", "image/png", PNG, "is an image"],
    ["shot.PNG", "", text("no picture inside"), "is an image"],
    ["pasted", "image/webp", text("x"), "is an image"],
    ["tool.bin", "", bytes(0x7f, 0x45, 0x4c, 0x46, 0, 1), "is not text"],
    ["latin.txt", "text/plain", bytes(0x63, 0x61, 0x66, 0xe9, 0x20, 0x78), "is not text"],
    ["paper.pdf", "application/pdf", bytes(0x25, 0x50, 0x44, 0x46, 0xe2, 0xe3, 0xcf, 0xd3), "is not text"],
  ])("%s", (name, type, start, reason) => {
    expect(refusalOf({ name, type, size: start.length, start })).toContain(`${name} ${reason}`);
  });

  test("what is too long is told with the limit", () => {
    expect(refusalOf({ name: "log.txt", size: MAX_BYTES + 1, start: text("a") })).toMatch(
      /^log\.txt is larger than 1 MiB, the most/u,
    );
    expect(refusalOf({ name: "log.txt", size: MAX_BYTES, start: text("a") })).toBeUndefined();
  });

  test.each([
    ["a.csv", text("ä,b\n")],
    ["empty.txt", bytes()],
    ["drawing.svg", text("<svg/>")],
    ["cut.txt", bytes(0x61, 0xc3)],
    ["windows.txt", bytes(0xff, 0xfe, 0x61, 0, 0xe4, 0)],
  ])("%s is text", (name, start) =>
    expect(
      refusalOf({ name, type: name.endsWith("svg") ? "image/svg+xml" : "", size: start.length, start }),
    ).toBeUndefined(),
  );

  test("text is read as it was written", () => {
    expect(textOf(bytes(0xff, 0xfe, 0x61, 0, 0xe4, 0))).toBe("aä");
    expect(textOf(bytes(0xef, 0xbb, 0xbf, 0x61))).toBe("a");
  });
});

describe("what is dropped or pasted", () => {
  test("is attached under its name, or refused; the names stay", async () => {
    const files = [new File(["a,b\n"], "my data.csv"), new File([PNG], "shot.png", { type: "image/png" })];
    const { attachments, refused, uris } = await taken(given(files));
    expect(uris).toEqual([]);
    expect(refused).toEqual([refusalOf({ name: "shot.png", type: "image/png", size: 12, start: PNG })]);
    expect(attachments.map(({ name, attachment }) => [name, attachment])).toEqual([
      ["my data.csv", { type: "text", uri: "untitled:/my%20data.csv", text: "a,b\n" }],
    ]);
    const { uri } = attachments[0]?.attachment ?? {};
    expect(attachmentName({ type: "attachment", kind: "text", uri, text: "", hash: "" } as never)).toBe(
      "my data.csv",
    );
  });

  test("that turns into no text behind its beginning is refused too", async () => {
    const file = new File(["a".repeat(70_000), bytes(0, 1) as never], "late.txt");
    expect((await taken(given([file]))).refused).toEqual(["late.txt is not text, so it was not attached."]);
  });

  test("from the workbench is named, not read", async () => {
    const list = "# a list\r\nfile:///app/a.ts\r\nfile:///app/b.ts\r\n";
    expect((await taken(given([], { "text/uri-list": list }))).uris).toEqual([
      "file:///app/a.ts",
      "file:///app/b.ts",
    ]);
  });

  test("with text beside a picture, as office programs paste it, is the text", () => {
    const picture = new File([PNG], "image.png", { type: "image/png" });
    expect(hasFilesOnly(given([picture], { "text/plain": "a cell" }))).toBe(false);
    expect(hasFilesOnly(given([picture]))).toBe(true);
    expect(hasFilesOnly(given([], { "text/plain": "words" }))).toBe(false);
  });
});
