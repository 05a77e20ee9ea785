/** Every @example in src runs as it is written, and where it names a value, gives it. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import { stop, transform } from "esbuild";
import { afterAll, expect, test } from "vitest";
import * as ncx from "../../src/index.ts";
import { serves, tcpPeer } from "../helpers/peers.ts";

const SRC = join(import.meta.dirname, "..", "..", "src");

interface Example {
  readonly file: string;
  /** The function that it belongs to. */
  readonly name: string;
  readonly code: string;
}

const examples = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .flatMap((file) => examplesOf(file, readFileSync(join(SRC, file), "utf8")));

afterAll(() => stop());

test("the front door's main functions have examples", () => {
  const names = examples.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(["listen", "connect", "relay", "request", "parseEndpoint"]),
  );
});

test.each(examples)("$name in $file", async ({ file, code }) => {
  await using upstream = await tcpPeer(serves.echo);
  await using server = await webServer();
  const printed: unknown[][] = [];
  const endpoint = { kind: "tcp", host: "127.0.0.1", port: upstream.port };
  const used: unknown[] = [];
  await runInScope(code.replaceAll("127.0.0.1:8080", `127.0.0.1:${server.port}`), {
    ...((await import(/* @vite-ignore */ join(SRC, file))) as object),
    ...ncx,
    pipeline,
    upstream: { endpoint },
    server: { endpoint },
    console: { log: (...values: unknown[]) => printed.push(values) },
    use: (value: unknown) => used.push(value),
    same: (given: unknown, told: unknown) => expect(given).toEqual(told),
  });
  if (code.includes("console.log")) expect(printed).toEqual([[200, "hello"]]);
  if (code.includes("use(")) expect(used.length).toBeGreaterThan(0);
});

test("an example whose value is wrong would fail", async () => {
  const same = (given: unknown, told: unknown): void => expect(given).toEqual(told);
  await runInScope("1 + 1; // 2", { same });
  await expect(runInScope("1 + 1; // 3", { same })).rejects.toThrow(/expected 2 to deeply equal 3/);
});

/** The examples in a file's docblocks, each with the function that follows it. */
function examplesOf(file: string, text: string): Example[] {
  const blocks = text.matchAll(
    /\/\*\*((?:(?!\*\/)[^])*?@example(?:(?!\*\/)[^])*)\*\/\s*export (?:async )?function (\w+)/g,
  );
  return [...blocks].flatMap(([, block = "", name = ""]) =>
    block
      .replace(/^\s*\* ?/gm, "")
      .split("@example")
      .slice(1)
      .map((code) => ({ file, name, code: code.replace(/^@\w+[^]*/m, "").trim() })),
  );
}

/** Runs code with these names. `expression; // value` is checked by the scope's `same`. */
async function runInScope(code: string, scope: Readonly<Record<string, unknown>>): Promise<void> {
  const checked = code.replace(/^(.+); \/\/ (\{.*\}|"[^"]*"|\d+)$/gm, "same($1, $2);");
  const source = `async function example({ ${Object.keys(scope).join(", ")} }) {{ ${checked}\n }}`;
  const { code: plain } = await transform(source, { loader: "ts", target: "node20" });
  // oxlint-disable-next-line typescript/no-implied-eval -- our own docblocks are what is run
  const example = new Function(`${plain}; return example;`)() as (all: object) => Promise<void>;
  await example(scope);
}

async function webServer(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((_request, response) => void response.end("hello"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
