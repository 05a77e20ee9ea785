import { expect, test } from "vitest";
import { newDtlsContext } from "../../../src/transport/_dtls-context.ts";
import { DtlsSession } from "../../../src/transport/_dtls-session.ts";
import { loadOpenSsl } from "../../../src/transport/_openssl.ts";
import { selfSigned } from "../../helpers/certs.ts";

const { cert, key } = selfSigned("DNS:localhost");

test("two sessions shake hands, talk and say goodbye", async () => {
  const openssl = await loadOpenSsl("test");
  const server = newDtlsContext(openssl, "server", { cert, key, alpn: ["b", "a"] });
  const client = newDtlsContext(openssl, "client", { ca: cert });
  const log: string[] = [];
  const toServer: Buffer[] = [];
  const toClient: Buffer[] = [];
  const events = (name: string, out: Buffer[]) => ({
    send: (d: Buffer) => void out.push(d),
    ready: () => void log.push(`${name} ready`),
    message: (m: Buffer) => void log.push(`${name} got ${m}`),
    untrusted: (code: string) => void log.push(`${name} finds ${code}`),
    ended: () => void log.push(`${name} ended`),
    failed: (e: unknown) => void log.push(`${name} failed ${e}`),
  });
  const c = new DtlsSession(
    openssl,
    client,
    { servername: "localhost", alpn: ["a"] },
    events("c", toServer),
  );
  const s = new DtlsSession(
    openssl,
    server,
    { cookie: Buffer.from("cookie") },
    events("s", toClient),
  );
  c.start();
  expect(s.greet(toServer.shift()!)).toBe(false);
  c.receive(toClient.shift()!);
  const hello = toServer.shift()!;
  expect(s.greet(hello)).toBe(true);
  s.receive(hello);
  const pump = () => {
    while (toServer.length + toClient.length) {
      while (toServer.length) s.receive(toServer.shift()!);
      while (toClient.length) c.receive(toClient.shift()!);
    }
  };
  pump();
  c.send(Buffer.from("hello"));
  pump();
  s.send(Buffer.from("world"));
  pump();
  c.close();
  pump();
  s.close();
  openssl.freeContext(server);
  openssl.freeContext(client);
  expect(log).toEqual(["s ready", "c ready", "s got hello", "c got world", "s ended"]);
});
