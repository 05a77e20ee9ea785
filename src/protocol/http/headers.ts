/** Header fields as a list of pairs: order, case and duplicates stay as they came. RFC 9110 §5. */

/** Values are byte strings: one character is one octet (latin1), so that what was parsed is encoded unchanged. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** The value of a field, repeated ones joined by ", " (RFC 9110 §5.3); undefined where there is none. */
export function headerOf(headers: HeaderList, name: string): string | undefined {
  const lower = name.toLowerCase();
  let joined: string | undefined;
  for (const [key, value] of headers) {
    if (key.length !== lower.length || key.toLowerCase() !== lower) continue;
    joined = joined === undefined ? value : `${joined}, ${value}`;
  }
  return joined;
}

/** The members of a comma-separated field, in lower case: Connection, Transfer-Encoding, Content-Encoding. */
export function membersOf(headers: HeaderList, name: string): string[] {
  const value = headerOf(headers, name);
  if (value === undefined) return [];
  const members = value.split(",").map((member) => trimSpace(member).toLowerCase());
  return members.filter((member) => member !== "");
}

/** RFC 9110 §5.6.2: methods and field names are tokens. */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);
}

/** RFC 9110 §5.5: tab, space, visible characters and octets above 0x7F; so no CR, LF or NUL. */
export function isFieldValue(text: string): boolean {
  return /^[\t\x20-\x7E\x80-\xFF]*$/.test(text);
}

/** Without the optional white space around it (RFC 9110 §5.6.3): spaces and tabs. `trim()` would take 0xA0, too. */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
