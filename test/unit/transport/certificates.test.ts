import { createPrivateKey, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { fingerprintsOf, selfSigned } from "../../../src/transport/certificates.ts";

test("selfSigned() makes a P-256 certificate that its key belongs to", async () => {
  const { cert, key } = await selfSigned();
  const certificate = new X509Certificate(cert);
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
  expect(certificate.ca).toBe(false);
  expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now());
  expect(Date.parse(certificate.validTo)).toBeGreaterThan(Date.now() + 300 * 86_400_000);
});

test("selfSigned() names this machine's loopback and the hosts given, but nothing that stands for all", async () => {
  const { cert } = await selfSigned(["192.0.2.7", "a.test", "*", "0.0.0.0", "::", "fe80::1%lo"]);
  expect(new X509Certificate(cert).subjectAltName).toBe(
    "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:192.0.2.7, DNS:a.test",
  );
});

test("selfSigned() makes another one each time, and gives its fingerprints", async () => {
  const [one, other] = await Promise.all([selfSigned(), selfSigned()]);
  expect(one.fingerprints).toEqual(fingerprintsOf(one.cert));
  expect(one.fingerprints.sha256).toMatch(/^([\dA-F]{2}:){31}[\dA-F]{2}$/);
  expect(one.fingerprints.sha1).toMatch(/^([\dA-F]{2}:){19}[\dA-F]{2}$/);
  expect(one.fingerprints.sha256).not.toBe(other.fingerprints.sha256);
});
