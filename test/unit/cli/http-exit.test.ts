import { expect, test } from "vitest";
import { CurlError, curlCode, curlSentence } from "../../../src/cli/commands/_http-exit.ts";
import type { Endpoint } from "../../../src/core/endpoint.ts";
import { NcxError, wrap } from "../../../src/core/errors.ts";
import { HttpError } from "../../../src/http/index.ts";

const tcp: Endpoint = { kind: "tcp", host: "example.org", port: 443 };
const tls: Endpoint = { kind: "tls", over: tcp };
const progress = { elapsed: 1499.6, received: 3, announced: undefined };

function thrown(code: string, endpoint: Endpoint): NcxError {
  return wrap("connect", Object.assign(new Error(code), { code }), { endpoint });
}

function tlsError(errno: string): NcxError {
  const cause = Object.assign(new Error(errno), { code: errno });
  return new NcxError("TLS", "Cannot connect", { state: "The words", endpoint: tls, cause });
}

test.each([
  [thrown("ENOTFOUND", tls), 6, "Could not resolve host: example.org"],
  [thrown("ECONNREFUSED", tcp), 7, "Failed to connect to example.org port 443: Connection refused"],
  [thrown("EHOSTUNREACH", tls), 7, "Failed to connect to example.org port 443: No route to host"],
  [thrown("EACCES", { kind: "unix", path: "/s" }), 7, "Failed to connect to /s: Permission denied"],
  [
    thrown("ETIMEDOUT", tcp),
    28,
    "Failed to connect to example.org port 443 after 1500 ms: Timeout was reached",
  ],
  [tlsError("DEPTH_ZERO_SELF_SIGNED_CERT"), 60, "SSL certificate problem: The words"],
  [tlsError("UNABLE_TO_GET_ISSUER_CERT_LOCALLY"), 60, "SSL certificate problem: The words"],
  [tlsError("ERR_TLS_CERT_ALTNAME_INVALID"), 60, "SSL certificate problem: The words"],
  [tlsError("ERR_SSL_WRONG_VERSION_NUMBER"), 35, "TLS connect error: The words"],
  [tlsError("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"), 35, "TLS connect error: The words"],
  [new HttpError("send", "RESET", "", { state: "Broken pipe" }), 55, "Send failure: Broken pipe"],
  [
    new HttpError("receive", "TIMEOUT", ""),
    28,
    "Operation timed out after 1500 milliseconds with 3 bytes received",
  ],
  [new HttpError("encoding", "PROTOCOL", "Cannot decode"), 61, "Cannot decode"],
  [new HttpError("source", "UNSUPPORTED", "Cannot go on"), 26, "Cannot go on"],
  [new CurlError(23, "DENIED", "Failure writing"), 23, "Failure writing"],
])("%s is curl's %i: %s", (error, code, sentence) => {
  expect(curlCode(error)).toBe(code);
  expect(curlSentence(code, error, progress)).toBe(sentence);
});

test.each([
  new NcxError("USAGE", "x"),
  new NcxError("INTERNAL", "x"),
  new HttpError("receive", "ABORTED", "x"),
  new TypeError("x"),
])("%s is none of curl's", (error) => expect(curlCode(error)).toBeUndefined());
