/** What differs between systems in the places that sockets can have. */

export function isWindows(): boolean {
  return process.platform === "win32";
}

/** Whether unix sockets can have names outside the file system: `@name`. */
export function hasAbstractSockets(): boolean {
  return process.platform === "linux" || process.platform === "android";
}

/**
 * Bytes that the path of a unix socket, or the name of a Windows pipe, may have. For an abstract name the leading "@"
 * counts, as it stands for a NUL. Check it before binding: Node 20 cuts a longer path without a word.
 */
export function unixPathLimit(): number {
  if (isWindows()) return 256;
  // sockaddr_un.sun_path is 108 bytes on Linux and 104 on macOS and the BSDs, the closing NUL included (Linux can do
  // without it, but most programs cannot).
  return hasAbstractSockets() ? 107 : 103;
}
