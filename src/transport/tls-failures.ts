/** What goes wrong in TLS, in words. The codes are OpenSSL's and Node's. */
import type { PeerCertificate } from "node:tls";
import { formatEndpoint, type DtlsEndpoint, type TlsEndpoint } from "../core/endpoint.ts";
import {
  NcxError,
  describe,
  errnoOf,
  isAbort,
  isTimeout,
  lowerFirst,
  wrap,
} from "../core/errors.ts";
import { certifiedNames, describeCertificate } from "./tls-names.ts";

type Secured = TlsEndpoint | DtlsEndpoint;

/** Why a certificate is not believed. */
const UNTRUSTED: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "The certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN:
    "The certificate's chain has a self-signed certificate that is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "The certificate's authority is unknown",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "The certificate's authority is unknown",
  UNABLE_TO_GET_ISSUER_CERT: "The certificate's authority is unknown",
  CERT_HAS_EXPIRED: "The certificate has expired",
  CERT_NOT_YET_VALID: "The certificate is not yet valid",
  CERT_REVOKED: "The certificate was revoked",
  CERT_SIGNATURE_FAILURE: "The certificate's signature is wrong",
  INVALID_CA: "The certificate's authority is no certificate authority",
  INVALID_PURPOSE: "The certificate is not for this purpose",
  ERR_TLS_CERT_ALTNAME_INVALID: "The certificate is not for this name",
};

/** What either side may run into. */
const STATES: Record<string, string> = {
  ERR_SSL_UNSUPPORTED_PROTOCOL: "No TLS version in common",
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: "No TLS version in common",
  ERR_SSL_VERSION_TOO_LOW: "No TLS version in common",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "No TLS version in common",
  ERR_SSL_NO_SHARED_CIPHER: "No cipher in common",
  ERR_SSL_NO_CIPHERS_AVAILABLE: "No such cipher in this TLS version",
  ERR_SSL_NO_CIPHER_MATCH: "No such cipher",
  ERR_SSL_NO_APPLICATION_PROTOCOL: "No ALPN protocol in common",
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: "No ALPN protocol in common",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "The server wants a client certificate",
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "The client has no certificate",
  ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC: "A record was damaged on its way",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "The peer does not know our certificate's authority",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: "The peer finds our certificate expired",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: "The peer refused our certificate",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: "The peer refused our certificate",
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: "The peer refused our certificate",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "The peer refused our certificate",
  ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR: "The peer refused our certificate",
};

const OF_SERVER: Record<string, string> = {
  ERR_SSL_WRONG_VERSION_NUMBER: "It is not a TLS server",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "It is not a TLS server",
  ERR_SSL_HTTP_REQUEST: "It is not a TLS server",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "The server refused the handshake",
  ECONNRESET: "The server hung up during the handshake",
  EPIPE: "The server hung up during the handshake",
};

const OF_CLIENT: Record<string, string> = {
  ERR_SSL_WRONG_VERSION_NUMBER: "The client does not speak TLS",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "The client does not speak TLS",
  ERR_SSL_UNEXPECTED_MESSAGE: "The client does not speak TLS",
  ERR_SSL_HTTP_REQUEST: "The client speaks plain HTTP",
  ERR_SSL_HTTPS_PROXY_REQUEST: "The client speaks plain HTTP",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "The client refused the handshake",
  ECONNRESET: "The client hung up during the handshake",
  EPIPE: "The client hung up during the handshake",
  ERR_TLS_HANDSHAKE_TIMEOUT: "The handshake took too long",
};

/** Why a dial failed. */
export function dialFailure(error: unknown, endpoint: Secured): NcxError {
  const act = `connect to ${formatEndpoint(endpoint)}`;
  if (error instanceof NcxError || isAbort(error) || isTimeout(error))
    return wrap(act, error, { endpoint });
  return failure(act, OF_SERVER[codeOf(error)] ?? stateOf(error), error, endpoint);
}

/** Why an accepted connection's handshake failed. */
export function acceptFailure(error: unknown, remote: Secured): NcxError {
  const act = `accept ${formatEndpoint(remote)}`;
  if (error instanceof NcxError) return error;
  if (isTimeout(error))
    return new NcxError("TLS", `Cannot ${act}: the handshake took too long`, {
      endpoint: remote,
      state: "The handshake took too long",
      cause: error,
    });
  const errno = codeOf(error);
  const hint = errno === "ECONNRESET" ? "it may not trust this certificate" : undefined;
  return failure(act, OF_CLIENT[errno] ?? stateOf(error), error, remote, hint);
}

/** Puts what broke an open connection into words: OpenSSL's own message has addresses and line numbers. */
export function wordTlsError(error: Error): void {
  if (/^ERR_(SSL|TLS)_/.test(errnoOf(error))) error.message = lowerState(stateOf(error));
}

/** What broke an open connection: TLS's own errors in words, all others as they are. */
export function brokenTls(error: Error, remote: Secured): Error {
  if (error instanceof NcxError || !/^ERR_(SSL|TLS)_/.test(errnoOf(error))) return error;
  return failure(`go on with ${formatEndpoint(remote)}`, stateOf(error), error, remote);
}

/**
 * Why a peer's certificate is refused. The cause describes the certificate, where it is at hand.
 *
 * @param code what verifying it gave, such as `CERT_HAS_EXPIRED`.
 */
export function untrusted(
  act: string,
  code: string,
  certificate: PeerCertificate | null,
  endpoint: Secured,
  servername?: string,
): NcxError {
  const shown = certificate ? describeCertificate(certificate) : code;
  const cause = Object.assign(new Error(shown), { code });
  const state = whyUntrusted(code, certificate, servername);
  const dialled = act.startsWith("connect");
  return failure(act, state, cause, endpoint, dialled ? trustHint(code, certificate) : undefined);
}

function trustHint(code: string, certificate: PeerCertificate | null): string {
  if (code !== "ERR_TLS_CERT_ALTNAME_INVALID")
    return "trust it by its CA, or take any certificate with --insecure";
  const names = certificate && certifiedNames(certificate);
  return names === null || names === undefined
    ? "it has no name; --tls-servername NAME asks for another certificate"
    : `it is for ${names}; --tls-servername NAME asks for one of these`;
}

/** The state alone: `The certificate has expired`. */
export function whyUntrusted(
  code: string,
  certificate: PeerCertificate | null,
  servername?: string,
): string {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID" && servername !== undefined)
    return `The certificate is not for ${servername}`;
  // The certificate itself may be fine, and the authority's not.
  const until = Date.parse(certificate?.valid_to ?? "");
  if (code === "CERT_HAS_EXPIRED" && until > Date.now())
    return "The certificate's authority has expired";
  return UNTRUSTED[code] ?? `The certificate is not trusted: ${code}`;
}

/** OpenSSL 3.2 has renamed alerts; with Node 24 they arrive as `ERR_SSL_SSL/TLS_ALERT_…`. */
function codeOf(error: unknown): string {
  return errnoOf(error).replace(/^ERR_SSL_SSL\WTLS_ALERT_/, "ERR_SSL_SSLV3_ALERT_");
}

function stateOf(error: unknown): string {
  return STATES[codeOf(error)] ?? `TLS failed: ${reasonOf(error)}`;
}

/** OpenSSL's messages are `8048B5…:error:0A00010B:SSL routines:function:reason:file:line:`. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && "reason" in error && typeof error.reason === "string")
    return error.reason;
  return describe(error)[1].split("\n", 1)[0] ?? "";
}

function failure(
  act: string,
  state: string,
  cause: unknown,
  endpoint: Secured,
  hint?: string,
): NcxError {
  return new NcxError("TLS", `Cannot ${act}: ${lowerState(state)}`, {
    endpoint,
    state,
    cause,
    ...(hint !== undefined && { hint }),
  });
}

/** "TLS failed" stays as it is. */
function lowerState(state: string): string {
  return state.startsWith("TLS") ? state : lowerFirst(state);
}
