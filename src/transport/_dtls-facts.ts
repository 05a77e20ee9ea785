/** What a DTLS handshake has agreed on, and what became of one that failed: in Node's own terms for TLS. */
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { PeerCertificate } from "node:tls";
import type { TlsFacts } from "../core/events.ts";
import { made } from "./_dtls-context.ts";
import type { OpenSsl, Ref } from "./_openssl.ts";
import { whyUntrusted } from "./tls-failures.ts";
import { nameText } from "./tls-names.ts";

const TLSEXT_NAMETYPE_HOST_NAME = 0;
const BIO_CTRL_PENDING = 10;

/** What verifying a certificate gives, by OpenSSL's x509_vfy.h; the two last as Node calls what it checks itself. */
const VERIFIED: Record<number, string> = {
  2: "UNABLE_TO_GET_ISSUER_CERT",
  7: "CERT_SIGNATURE_FAILURE",
  9: "CERT_NOT_YET_VALID",
  10: "CERT_HAS_EXPIRED",
  18: "DEPTH_ZERO_SELF_SIGNED_CERT",
  19: "SELF_SIGNED_CERT_IN_CHAIN",
  20: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  21: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  22: "CERT_CHAIN_TOO_LONG",
  23: "CERT_REVOKED",
  24: "INVALID_CA",
  25: "PATH_LENGTH_EXCEEDED",
  26: "INVALID_PURPOSE",
  27: "CERT_UNTRUSTED",
  28: "CERT_REJECTED",
  62: "ERR_TLS_CERT_ALTNAME_INVALID",
  64: "ERR_TLS_CERT_ALTNAME_INVALID",
};

/** What OpenSSL's queue of errors had, as Node would have thrown it: `ERR_SSL_NO_SHARED_CIPHER`. */
export function sslError(reason: string | undefined): Error {
  const text = reason ?? "unknown error";
  const code = `ERR_SSL_${text.toUpperCase().replace(/\W+/g, "_")}`.replace(
    "_SSL_TLS_ALERT_",
    "_SSLV3_ALERT_", // OpenSSL 3.2 has renamed these
  );
  return Object.assign(new Error(text), { code, reason: text });
}

/** Why the peer's certificate is not to be trusted; undefined for one that is, or where there is none. */
export function refusalOf(openssl: OpenSsl, session: Ref): string | undefined {
  const result = Number(openssl.verifyResult(session));
  return result === 0 ? undefined : (VERIFIED[result] ?? `X509_V_ERR ${result}`);
}

/** The peer's certificate, as tls.TLSSocket would show it; without any fields where there is none. */
export function peerCertificate(openssl: OpenSsl, session: Ref): Partial<PeerCertificate> {
  const certificate = openssl.peerCertificate(session);
  if (certificate === null) return {};
  const bio = made(openssl.newBio(openssl.memoryMethod()));
  try {
    openssl.writeDer(bio, certificate);
    const der = Buffer.alloc(openssl.bioCtrl(bio, BIO_CTRL_PENDING, 0, null));
    openssl.bioRead(bio, der, der.length);
    return new X509Certificate(der).toLegacyObject();
  } finally {
    openssl.freeBio(bio);
    openssl.freeCertificate(certificate);
  }
}

/** `servername`: what a client has asked to be verified. */
export function factsOf(openssl: OpenSsl, session: Ref, servername: string | undefined): TlsFacts {
  const certificate = peerCertificate(openssl, session);
  const { subject, issuer, fingerprint256, fingerprint } = certificate;
  const refusal = refusalOf(openssl, session);
  const asked = servername ?? openssl.askedName(session, TLSEXT_NAMETYPE_HOST_NAME);
  const alpn = alpnOf(openssl, session);
  const shown = fingerprint256 !== undefined && fingerprint !== undefined;
  return {
    protocol: openssl.protocolOf(session),
    cipher: openssl.cipherName(openssl.cipherOf(session)),
    authorized: shown && refusal === undefined,
    ...(alpn !== undefined && { alpn }),
    ...(asked !== null && isIP(asked) === 0 && { servername: asked }),
    ...(shown && {
      ...(refusal !== undefined && {
        refusal: whyUntrusted(refusal, certificate as PeerCertificate, servername),
      }),
      certificate: {
        subject: nameText(subject),
        issuer: nameText(issuer),
        sha256: fingerprint256,
        sha1: fingerprint,
      },
    }),
  };
}

function alpnOf({ chosenProtocol, koffi }: OpenSsl, session: Ref): string | undefined {
  const [list, length]: [[bigint | null], [number]] = [[null], [0]];
  chosenProtocol(session, list, length);
  if (list[0] === null || length[0] === 0) return undefined;
  return koffi.decode.string(list[0], length[0]);
}
