import { describe } from "vitest";
import type { DtlsEndpoint, Endpoint } from "../../src/core/endpoint.ts";
import { bind, dial } from "../../src/transport/index.ts";
import { selfSigned } from "../helpers/certs.ts";
import { transportContract } from "./transport.ts";

const { cert, key } = selfSigned("IP:127.0.0.1", "IP:::1");

describe.each(["127.0.0.1", "::1"])("dtls %s", (host) => {
  const at = (): DtlsEndpoint => ({ kind: "dtls", over: { kind: "udp", host, port: 0 } });
  transportContract(
    {
      at,
      async nowhere() {
        await using listener = await bind(at(), { tls: { cert, key } });
        return listener.endpoint;
      },
      bind: (endpoint: Endpoint, options) => bind(endpoint, { tls: { cert, key }, ...options }),
      dial: (endpoint: Endpoint, options) => dial(endpoint, { tls: { ca: cert }, ...options }),
    },
    {
      framing: "message",
      halfClose: false,
      backpressure: false,
      dialRefused: true,
      closeFreesAddress: false,
      acceptsSilent: true,
      // OpenSSL sends no empty records, and a record holds no more than 2^14 bytes.
      messages: [1, 16_384],
    },
  );
});
