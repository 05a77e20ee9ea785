/** A packet's bytes beneath its line, as tcpdump -A, -x and -X print them. */

/** Text: what isn't is a dot, and CR at the end of a line is left out. Begins with a line end. */
export function asciiText(bytes: Buffer): string {
  const text = bytes
    .toString("latin1")
    .replace(/\r(?=\n|$)/g, "")
    .replace(/[^\t\n\x20-\x7e]/g, ".");
  return `\n${text}`;
}

/** Sixteen bytes a line, by twos, each line begun by a line end and a tab. */
export function hexLines(bytes: Buffer, { ascii = false }: { ascii?: boolean } = {}): string {
  let lines = "";
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const hex = row.toString("hex").replace(/(.{4})(?=.)/g, "$1 ");
    const text = row.toString("latin1").replace(/[^\x21-\x7e]/g, ".");
    const body = ascii ? `${hex.padEnd(39)}  ${text}` : hex;
    lines += `\n\t0x${at.toString(16).padStart(4, "0")}:  ${body}`;
  }
  return lines;
}
