/** Certificates made on the spot. */
import { webcrypto, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { Fingerprints } from "./transport.ts";

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
/** How long one is valid: nobody's listener runs for longer. */
const DAYS = 365;
/** A clock that is slow by less than this still finds it valid. */
const SLOW_CLOCK = 3_600_000;
const DAY = 86_400_000;

export interface SelfSigned {
  /** PEM. */
  readonly cert: string;
  /** PEM (PKCS #8). It is in memory only. */
  readonly key: string;
  readonly fingerprints: Fingerprints;
}

/**
 * Makes a key and a self-signed certificate for a server: ECDSA on P-256, RFC 5280. Its names are localhost, the
 * loopback addresses, and those given; `*` and the addresses that stand for all are left out.
 */
export async function selfSigned(hosts: readonly string[] = []): Promise<SelfSigned> {
  await import("reflect-metadata"); // the library asks for it as it loads
  const x509 = await import("@peculiar/x509");
  const keys = await webcrypto.subtle.generateKey(P256, true, ["sign", "verify"]);
  const now = Date.now();
  const names = ["localhost", "127.0.0.1", "::1", ...hosts.filter(isName)];
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: "CN=localhost",
      keys,
      notBefore: new Date(now - SLOW_CLOCK),
      notAfter: new Date(now + DAYS * DAY),
      signingAlgorithm: P256,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          [...new Set(names)].map((value) => ({ type: isIP(value) ? "ip" : "dns", value })),
        ),
      ],
    },
    webcrypto,
  );
  const cert = certificate.toString("pem");
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    cert,
    key: x509.PemConverter.encode(pkcs8, "PRIVATE KEY"),
    fingerprints: fingerprintsOf(cert),
  };
}

/** The fingerprints of a PEM certificate. */
export function fingerprintsOf(cert: string | Buffer): Fingerprints {
  const { fingerprint256: sha256, fingerprint: sha1 } = new X509Certificate(cert);
  return { sha256, sha1 };
}

/** Whether it can be in a certificate: no zone, no wildcard. */
function isName(host: string): boolean {
  if (isIP(host)) return host !== "0.0.0.0" && host !== "::" && !host.includes("%");
  return /^[a-z\d]([\w.-]*[a-z\d])?$/i.test(host);
}
