import { describe, expect, test } from "vitest";
import { formatCommand, parseCommand, splitCommand } from "../../../src/core/command.ts";
import { formatEndpoint, parseEndpoint } from "../../../src/core/endpoint.ts";

describe("splitCommand()", () => {
  test.each<[string, string[]]>([
    ["cat", ["cat"]],
    ["/bin/ls -l  /tmp", ["/bin/ls", "-l", "/tmp"]],
    ["  lead and trail  ", ["lead", "and", "trail"]],
    ["tab\there\nand\vthere\f\rtoo", ["tab", "here", "and", "there", "too"]],
    ["a\\ b c\\\\d", ["a b", "c\\d"]],
    ["prog \\  x", ["prog", " ", "x"]],
    ['quotes "a b" \'c\' e\\"f', ["quotes", '"a', 'b"', "'c'", 'e"f']],
    ['prog "" end', ["prog", '""', "end"]],
    ["escaped\\\nline \\n", ["escaped\nline", "n"]],
    ["trailing\\", ["trailing"]],
    ["alone \\", ["alone", ""]],
    ["after\\\\ and a\\ ", ["after\\", "and", "a "]],
    ["no\u00A0break", ["no\u00A0break"]],
  ])("%j is %j", (line, words) => expect(splitCommand(line)).toEqual(words));

  test.each(["", "   ", "\t\n", "\\"])("%j has no program", (line) =>
    expect(() => splitCommand(line)).toThrow(
      expect.objectContaining({ code: "ADDRESS", message: expect.stringMatching(/is missing$/) }),
    ),
  );
});

describe("the text form of a command", () => {
  test.each<[string[], string]>([
    [["cat"], "cat"],
    [["a b", "c\\d"], "a\\ b c\\\\d"],
    [["printf", "", "x"], 'printf "" x'],
    [["printf", '""'], 'printf \\"\\"'],
    [["printf", '"a', 'b"'], 'printf "a b"'],
    [["printf", "a ", "b"], "printf a\\  b"],
  ])("%j is %j, both ways", (words, text) => {
    expect(formatCommand(words)).toBe(text);
    expect(parseCommand(text)).toEqual(words);
  });

  test.each([
    ["exec:cat -A", { kind: "exec", command: ["cat", "-A"] }],
    ["exec:/bin/a\\ b", { kind: "exec", command: ["/bin/a b"] }],
    ["pty:vi notes.txt", { kind: "pty", command: ["vi", "notes.txt"] }],
    ["sh:ls | wc -l", { kind: "sh", command: "ls | wc -l" }],
    ["sh: leading space", { kind: "sh", command: " leading space" }],
  ] as const)("%s is an endpoint", (text, endpoint) => {
    expect(parseEndpoint(text)).toEqual(endpoint);
    expect(formatEndpoint(endpoint)).toBe(text);
  });

  test.each(["exec:", "exec:  ", 'exec:""', "exec:\\", "pty:", "sh:", "sh:  "])(
    "%s names no program",
    (text) =>
      expect(() => parseEndpoint(text)).toThrow(expect.objectContaining({ code: "ADDRESS" })),
  );
});
