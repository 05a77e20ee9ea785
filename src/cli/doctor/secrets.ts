/** What nobody is to read over a shoulder, in a log or in a ticket: it never leaves the line it came in. */

/** Stands for a secret. */
export const HIDDEN = "***";

const AUTH = /^--?proxy-a[a-z]*$/;
const AUTH_VALUE = /(?<=--?proxy-a[a-z]*(?:=|\s+))(?:"[^"]*"|'[^']*'|\\.|[^\s'"\\])+/gs;
const VARIABLE = /\b(\w*(?:AUTH|PASS|PASSWORD|SECRET|TOKEN))=\S+/g;
const USERINFO = /(:\/\/)\S*@/g;
const LOGIN = /(^|[\s'"=])[^\s:/@'"=]+:(?!\/\/)\S*@/g;

/** A line's words, without the credentials of proxies and URLs. */
export function maskWords(words: readonly string[]): string[] {
  return words.map((word, at) => (AUTH.test(words[at - 1] ?? "") ? HIDDEN : maskText(word)));
}

/** Also a text that holds a line itself. */
export function maskText(text: string): string {
  return text
    .replace(AUTH_VALUE, HIDDEN)
    .replace(VARIABLE, `$1=${HIDDEN}`)
    .replace(USERINFO, `$1${HIDDEN}@`)
    .replace(LOGIN, `$1${HIDDEN}@`);
}

/** Masked words without the flag for a proxy's credentials. */
export function withoutLogin(words: readonly string[]): string[] {
  return words.filter(
    (word, at) => !/^--?proxy-a[a-z]*(?:=|$)/.test(word) && !AUTH.test(words[at - 1] ?? ""),
  );
}
