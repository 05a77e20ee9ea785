/** The login: what is asked, shown and refused. */
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { login, type LoginOptions } from "../../../src/listen/index.ts";
import { memoryPair, type MemoryPair } from "../../helpers/memory-pair.ts";

const KNOWN = { logins: [{ user: "anna", password: "s3cret" }], delay: 1 } as const;

interface Asked extends MemoryPair {
  readonly done: Promise<void>;
  /** Resolves once this was shown, after what was waited for before. */
  shows(text: string): Promise<void>;
  shown(): string;
}

function ask(options: Partial<LoginOptions> = {}): Asked {
  const pair = memoryPair();
  let shown = "";
  let seen = 0;
  pair.peer.on("data", (chunk: Buffer) => (shown += String(chunk)));
  const done = login(pair.connection, { ...KNOWN, ...options });
  done.catch(() => {}); // the test looks at it later
  return {
    ...pair,
    done,
    shown: () => shown,
    async shows(text) {
      while (!shown.includes(text, seen)) await once(pair.peer, "data");
      seen = shown.indexOf(text, seen) + text.length;
    },
  };
}

describe("login()", () => {
  test("lets in who says both, and leaves what follows in the stream", async () => {
    const { peer, connection, done, shown } = ask();
    peer.write("anna\ns3cret\nls\n");
    await done;
    expect(String(connection.stream.read())).toBe("ls\n");
    expect(shown()).toBe("login: Password: "); // lines that came whole are shown by whoever sent them
  });

  test.each(["\r\n", "\n", "\r"])("takes lines that end in %j", async (end) => {
    const { peer, done } = ask();
    peer.write(`anna${end}s3cret${end}`);
    await done;
  });

  test("shows the name that is typed key by key, with its corrections, and never the password", async () => {
    const { peer, done, shown, shows } = ask();
    await shows("login: ");
    for (const key of "xy\u0015anü\u007Fna\r") peer.write(key);
    await shows("Password: ");
    for (const key of "s3x\bcret\r") peer.write(key);
    await done;
    expect(shown()).toBe("login: xy\b \b\b \banü\b \bna\r\nPassword: \r\n");
  });

  test("shows nothing that the client shows itself", async () => {
    const { peer, done, shown, shows } = ask({ echo: () => false });
    await shows("login: ");
    for (const key of "anna\r") peer.write(key);
    await shows("Password: ");
    peer.write("s3cret\r");
    await done;
    expect(shown()).toBe("login: Password: ");
  });

  test.each([
    ["anna", "wrong"],
    ["anna", ""],
    ["anna", "s3cret2"],
    ["anna", "s3cre"],
    ["bert", "s3cret"],
    ["ANNA", "s3cret"],
    ["", ""],
  ])("refuses %j with %j, three times, and says nothing of either", async (user, password) => {
    const { peer, done, shown } = ask();
    peer.write(`${user}\n${password}\n`.repeat(3));
    const error = await done.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "DENIED" });
    expect(String(error)).toMatch(/wrong user or password, 3 times$/);
    expect(shown()).toBe("login: Password: Login incorrect\r\n".repeat(3));
  });

  test.each([
    ["anna", "s3cret", true],
    ["bert", "other", true],
    ["anna", "other", false],
    ["bert", "s3cret", false],
  ])("of several logins %j with %j: %j", async (user, password, right) => {
    const logins = [...KNOWN.logins, { user: "bert", password: "other" }];
    const { peer, done } = ask({ logins, tries: 1 });
    peer.write(`${user}\n${password}\n`);
    expect(await done.then(() => true).catch(() => false)).toBe(right);
  });

  test("lets in at the third try", async () => {
    const { peer, done } = ask();
    peer.write("a\nb\nanna\nx\nanna\ns3cret\n");
    await done;
  });

  test("waits before it says that it was wrong", async () => {
    const { peer, shows, done } = ask({ delay: 200, tries: 1 });
    const before = performance.now();
    peer.write("anna\nx\n");
    await shows("Login incorrect");
    expect(performance.now() - before).toBeGreaterThan(150);
    await expect(done).rejects.toMatchObject({ code: "DENIED" });
  });

  test.each(["\u0003", "\u0004", "an\u0003"])("ends at %j", async (key) => {
    const { peer, done } = ask();
    peer.write(key);
    await expect(done).rejects.toMatchObject({ code: "DENIED" });
  });

  test("ends a login that takes too long", async () => {
    const { done, shown } = ask({ timeout: 50 });
    await expect(done).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(shown()).toMatch(/Login timed out/);
  });

  test("ends at a line without an end, with the client, and when it is aborted", async () => {
    const long = ask();
    long.peer.write("x".repeat(300));
    await expect(long.done).rejects.toMatchObject({ code: "LIMIT" });
    const gone = ask();
    gone.peer.end("anna\n");
    await expect(gone.done).rejects.toMatchObject({ code: "RESET" });
    const abort = new AbortController();
    const aborted = ask({ signal: abort.signal });
    abort.abort();
    await expect(aborted.done).rejects.toMatchObject({ code: "ABORTED" });
  });
});
