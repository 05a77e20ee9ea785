/** The user and the password that a URL may have. */

/**
 * Takes them off the URL, and the fragment, which is nobody else's; gives them as the value of an Authorization header.
 * RFC 7617 §2, §2.1: `user:password` as UTF-8, in base64. Undefined where there are none.
 */
export function takeCredentials(url: URL): string | undefined {
  const { username, password } = url;
  [url.username, url.password, url.hash] = ["", "", ""];
  if (username === "" && password === "") return undefined;
  const text = `${unescaped(username)}:${unescaped(password)}`;
  return `Basic ${Buffer.from(text).toString("base64")}`;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % is meant as it stands
  }
}
