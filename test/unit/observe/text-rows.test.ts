import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_ROW, TextRows, visible, type Row } from "../../../src/observe/text-rows.ts";

function rowsOf(chunks: readonly Uint8Array[]): Row[] {
  const rows = new TextRows();
  // The chunk is only lent: what is held must not change with it.
  const pushed = chunks.flatMap((chunk) => {
    const lent = Buffer.from(chunk);
    const found = rows.push(lent);
    lent.fill(0x21);
    return found;
  });
  return [...pushed, ...rows.flush()];
}

test("a request is a row a line, with its offset, and its CRs in sight", () => {
  expect(rowsOf([Buffer.from("GET / HTTP/1.1\r\nHost: grün\r\n\r\nbody")])).toEqual([
    { offset: 0, text: "GET / HTTP/1.1\\r" },
    { offset: 16, text: "Host: grün\\r" },
    { offset: 29, text: "\\r" },
    { offset: 31, text: "body" },
  ]);
});

test.each([
  ["a plain line, with \\ and 🙂", "a plain line, with \\ and 🙂"],
  ["\u001b[31mred\u001b]0;title\u0007", "\\x1b[31mred\\x1b]0;title\\x07"],
  ["tab\tbell\u0007nul\0del\u007f", "tab\\tbell\\x07nul\\x00del\\x7f"],
  ["\u009b31m", "\\u{9b}31m"],
  ["abc\u202edcba\u2066\u200b\ufeff", "abc\\u{202e}dcba\\u{2066}\\u{200b}\\u{feff}"],
  [
    "line\u2028paragraph\u2029next\u0085vt\u000bff\f",
    "line\\u{2028}paragraph\\u{2029}next\\u{85}vt\\x0bff\\x0c",
  ],
  ["\udb40\udc01", "\\u{e0001}"],
])("%j is shown as %s", (text, shown) => {
  expect(visible(Buffer.from(text))).toBe(shown);
});

test("what is no UTF-8 is shown byte by byte", () => {
  expect(visible(Buffer.from("a\u00ff\u001b\u009bz", "latin1"))).toBe("a\\xff\\x1b\\x9bz");
});

test("whatever the bytes and the chunks, rows are the same, and hold nothing that a terminal obeys", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.array(fc.nat(40), { maxLength: 6 }),
      (bytes, cuts) => {
        const ends = [...cuts.filter((cut) => cut <= bytes.length), bytes.length].sort(
          (a, b) => a - b,
        );
        const chunks = ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end));
        const rows = rowsOf(chunks);
        expect(rows).toEqual(rowsOf([bytes]));
        expect(rows.map(({ text }) => text).join("")).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      },
    ),
  );
});

test("a line without end is cut between letters, and never more of it is held than a row has", () => {
  const text = "€".repeat(MAX_ROW);
  const rows = new TextRows();
  const found: Row[] = [];
  for (const byte of Buffer.from(text)) {
    found.push(...rows.push(Buffer.of(byte)));
    expect(rows.held).toBeLessThanOrEqual(MAX_ROW);
  }
  found.push(...rows.flush());
  expect(found.map((row) => row.text).join("") === text).toBe(true);
  expect(found.slice(0, 2).map(({ offset }) => offset)).toEqual([0, MAX_ROW - 1]);
});

test("what is skipped is counted, and joins nothing", () => {
  const rows = new TextRows();
  expect(rows.push(Buffer.from("one\ntw"))).toEqual([{ offset: 0, text: "one" }]);
  rows.skip(10);
  expect(rows.push(Buffer.from("three\n"))).toEqual([{ offset: 16, text: "three" }]);
});
