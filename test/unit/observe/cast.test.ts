import { expect, test } from "vitest";
import { cast } from "../../../src/observe/cast.ts";
import { memoryPair } from "../../helpers/memory-pair.ts";

const report = { forward: 0, backward: 0, duration: 0, reason: "eof" } as const;

test("cast() writes asciicast v2: a header, output with letters whole, sizes, and nothing that was typed", () => {
  const lines: string[] = [];
  const { connection } = memoryPair();
  const recording = cast((line) => lines.push(line), {
    columns: 80,
    rows: 24,
    timestamp: 1_700_000_000,
    terminal: "xterm",
    shell: "/bin/sh",
    command: "sh",
  });
  const letters = Buffer.from("grün\r\n");
  recording.onData?.(connection, "forward", letters.subarray(0, 3));
  recording.onData?.(connection, "backward", Buffer.from("secret"));
  recording.resized(100, 30);
  recording.onData?.(connection, "forward", letters.subarray(3));
  recording.onData?.(connection, "forward", Buffer.of(0xe2, 0x82));
  recording.onClose?.(connection, report);
  expect(lines.every((line) => line.endsWith("\n"))).toBe(true);
  const [header, ...events] = lines.map((line): unknown => JSON.parse(line));
  expect(header).toEqual({
    version: 2,
    width: 80,
    height: 24,
    timestamp: 1_700_000_000,
    command: "sh",
    env: { TERM: "xterm", SHELL: "/bin/sh" },
  });
  expect(events.map((event) => (event as unknown[]).slice(1))).toEqual([
    ["o", "gr"],
    ["r", "100x30"],
    ["o", "ün\r\n"],
    ["o", "\uFFFD"], // cut off by the end
  ]);
});
