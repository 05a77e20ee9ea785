/** What is put back on a terminal's screen. */
import { expect, test } from "vitest";
import { Screen } from "../../../src/core/screen.ts";

const VI = "\u001B[?1049h\u001B[?1h\u001B=\u001B[?25l\u001B[?1000;1006h text";

test.each([
  ["", ""],
  ["$ ls\r\n", ""],
  ["$ ", "\r\n"],
  ["$ ls\r\n\u001B[0m\r", ""],
  ["50 %\r", "\r\n"],
  [VI, "\u001B[m\u001B[?1049l\u001B[?1l\u001B[?1000l\u001B[?1006l\u001B>\u001B[?25h"],
  ["\u001B[?1049h\u001B[?25l \u001B[?25h\u001B[?1049l\r\n", ""],
  ["\u001B[?2004h$ ", "\u001B[?2004l\r\n"],
  ["\u001B[?12h\u001B[?7l\n", ""],
])("after %j it is %j, however that is cut", (shown, expected) => {
  for (let cut = 0; cut <= shown.length; cut += 1) {
    const screen = new Screen();
    screen.push(Buffer.from(shown.slice(0, cut)));
    screen.push(shown.slice(cut));
    expect(screen.restore()).toBe(expected);
    expect(screen.restore()).toBe("");
  }
});
