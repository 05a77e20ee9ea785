/** SystemNames: names of ports, looked up once. */
import { expect, test } from "vitest";
import { SystemNames } from "../../../src/capture/names.ts";

test("SystemNames looks each port of a protocol up once, one without a name too", () => {
  const asked: string[] = [];
  const names = new SystemNames((port, protocol) => {
    asked.push(`${port}/${protocol}`);
    return port === 53 ? `domain-${protocol}` : undefined;
  });
  const all = (): string[] => [
    names.port(53, "tcp"),
    names.port(53, "udp"),
    names.port(40_000, "tcp"),
  ];
  expect(all()).toEqual(["domain-tcp", "domain-udp", "40000"]);
  expect(all()).toEqual(["domain-tcp", "domain-udp", "40000"]);
  expect(asked).toEqual(["53/tcp", "53/udp", "40000/tcp"]);
});
