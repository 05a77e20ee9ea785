import { describe } from "vitest";
import { bind } from "../../src/transport/index.ts";
import { transportContract } from "./transport.ts";

const at = () => ({ kind: "tcp", host: "127.0.0.1", port: 0 }) as const;
const nowhere = async () => {
  await using listener = await bind(at());
  return listener.endpoint;
};

describe("tcp", () =>
  transportContract(
    { at, nowhere },
    {
      framing: "stream",
      halfClose: true,
      backpressure: true,
      dialRefused: true,
      closeFreesAddress: true,
      acceptsSilent: true,
    },
  ));
