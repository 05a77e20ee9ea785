/** `toggle crmod`: every CR that is received begins a new line. */

const CR = 13;
const LF = 10;

/** What is shown of the bytes of a session: CR LF for each CR, and no second LF for one that has it, cut where it may be. */
export function makeCrmod(): (bytes: Uint8Array) => Uint8Array {
  let afterCr = false;
  return (bytes) => {
    const out: number[] = [];
    for (const byte of bytes) {
      if (byte === CR) out.push(CR, LF);
      else if (byte !== LF || !afterCr) out.push(byte);
      afterCr = byte === CR;
    }
    return Uint8Array.from(out);
  };
}
