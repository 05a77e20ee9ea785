/** A connection whose stream is a `tls.TLSSocket`: how it is made, and what can be asked of it. */
import { isIP } from "node:net";
import { createSecureContext, TLSSocket, type PeerCertificate } from "node:tls";
import type { TlsEndpoint } from "../core/endpoint.ts";
import type { TlsFacts } from "../core/events.ts";
import { makeConnection, type Connection } from "../stream/connection.ts";
import { wordTlsError, whyUntrusted } from "./tls-failures.ts";
import { nameText } from "./tls-names.ts";

/** What was agreed on; undefined for a connection whose stream is no TLS. */
export function describeTls({ stream }: Connection): TlsFacts | undefined {
  if (!(stream instanceof TLSSocket)) return undefined;
  const certificate = stream.getPeerCertificate();
  const { fingerprint256, fingerprint, subject, issuer } = certificate;
  // Node's types have an Error there; it is OpenSSL's name of the reason.
  const reason = stream.authorizationError as unknown as string | null | undefined;
  const { servername } = stream as { servername?: string | false | null };
  const shown = fingerprint256 !== undefined;
  return {
    protocol: stream.getProtocol() ?? "unknown",
    cipher: stream.getCipher().name,
    authorized: stream.authorized,
    ...(stream.alpnProtocol && { alpn: stream.alpnProtocol }),
    ...(servername && isIP(servername) === 0 && { servername }),
    ...(shown && reason && { refusal: whyUntrusted(reason, certificate) }),
    ...(shown && {
      certificate: {
        subject: nameText(subject),
        issuer: nameText(issuer),
        sha256: fingerprint256,
        sha1: fingerprint,
      },
    }),
  };
}

/** The certificate that the peer has shown, as Node has it; undefined without TLS, or where it has shown none. */
export function certificateOf({ stream }: Connection): PeerCertificate | undefined {
  if (!(stream instanceof TLSSocket)) return undefined;
  const certificate = stream.getPeerCertificate();
  return certificate.fingerprint256 === undefined ? undefined : certificate;
}

/** Whether OpenSSL makes anything of a list of ciphers. */
export function knowsCiphers(list: string): boolean {
  try {
    createSecureContext({ ciphers: list });
    return true;
  } catch {
    return false;
  }
}

/** Ends the connection's carrier with it, and says in words what breaks it. */
export function tlsConnection(
  carrier: Connection,
  stream: TLSSocket,
  remote: TlsEndpoint,
): Connection {
  const connection = makeConnection({
    stream,
    local: { kind: "tls", over: carrier.local },
    remote,
  });
  const ours = stream.listenerCount("error") + 1;
  stream.prependListener("error", (error: Error) => {
    wordTlsError(error);
    // TLS's errors come without the stream being destroyed: whoever uses it next is to find out.
    if (!stream.destroyed && stream.listenerCount("error") <= ours) stream.destroy(error);
  });
  return {
    ...connection,
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await carrier[Symbol.asyncDispose]();
    },
  };
}
