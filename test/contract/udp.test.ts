import { describe } from "vitest";
import { bind } from "../../src/transport/index.ts";
import { transportContract } from "./transport.ts";

const hosts = ["127.0.0.1", "::1"] as const;

describe.each(hosts)("udp %s", (host) => {
  const at = () => ({ kind: "udp", host, port: 0 }) as const;
  const nowhere = async () => {
    await using listener = await bind(at());
    return listener.endpoint;
  };
  transportContract(
    { at, nowhere },
    {
      framing: "message",
      halfClose: false,
      backpressure: false,
      dialRefused: false,
      closeFreesAddress: false,
      acceptsSilent: false,
    },
  );
});
