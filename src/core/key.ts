/** Keys of one byte by their names: `^]`, `^?`, `~`. */

/**
 * The byte of a key: `^` and a letter or one of `@[\]^_?`, or one ASCII character. "none" where the text says that there
 * is to be no such key: `none`, `off`, or nothing; undefined for everything else.
 */
export function parseKey(text: string): number | "none" | undefined {
  if (/^(none|off)?$/i.test(text)) return "none";
  const code = text.charCodeAt(text.length - 1);
  if (text === "^?") return 0x7f;
  if (/^\^[A-Za-z@[\\\]^_]$/.test(text)) return code & 0x1f;
  return text.length === 1 && code < 0x80 ? code : undefined;
}

/** `^]` */
export function formatKey(code: number): string {
  if (code === 0x7f) return "^?";
  return code < 0x20 ? `^${String.fromCharCode(code + 0x40)}` : String.fromCharCode(code);
}
