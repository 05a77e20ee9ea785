/** Code page 437, the characters of the IBM PC, which bulletin boards still send. Control codes stay what they are. */

// 0x80 to 0xff, in order.
const UPPER =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀" +
  "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

const BYTES: ReadonlyMap<string, number> = new Map(
  Array.from(UPPER, (character, at) => [character, 0x80 + at]),
);

/** Text of bytes. */
export function decodeCp437(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes)
    text += byte < 0x80 ? String.fromCharCode(byte) : (UPPER[byte - 0x80] ?? "");
  return text;
}

/** Bytes of text; `?` for what the code page has not. */
export function encodeCp437(text: string): Buffer {
  const QUESTION = 0x3f;
  const bytes = Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? QUESTION;
    return code < 0x80 ? code : (BYTES.get(character) ?? QUESTION);
  });
  return Buffer.from(bytes);
}
