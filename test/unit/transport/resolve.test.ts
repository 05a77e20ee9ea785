import { expect, test } from "vitest";
import { resolveHost } from "../../../src/transport/resolve.ts";

// RFC 6761 §6.3, whatever the hosts file of this system says.
test.each([
  ["localhost", 4, "127.0.0.1"],
  ["localhost", 6, "::1"],
  ["LOCALHOST.", 6, "::1"],
  ["some.thing.localhost", 6, "::1"],
] as const)("resolveHost(%j) in IPv%i has %s", async (host, family, address) => {
  expect(await resolveHost(host, { family })).toContainEqual({ address, family });
});

test("resolveHost() looks nothing up with `numeric`, not even localhost", async () => {
  await expect(resolveHost("localhost", { numeric: true })).rejects.toMatchObject({
    code: "RESOLVE",
  });
});

test.each(["localhost.invalid", "notlocalhost.invalid", "x..localhost"])(
  "resolveHost(%j) has no address of its own",
  async (host) => {
    await expect(resolveHost(host)).rejects.toMatchObject({ code: "RESOLVE" });
  },
);
