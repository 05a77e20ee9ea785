/** Certificates and keys from files. PEM only. */
import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { errnoOf, quote, wrap } from "../core/errors.ts";
import { cannot } from "./usage.ts";

/** A certificate, its chain after it, and its key. */
export interface Identity {
  readonly cert: string;
  /** Decrypted. */
  readonly key: string;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/**
 * Reads a certificate and the key that belongs to it, which may be in the same file.
 *
 * @param variable where `passphrase` comes from, for the hint.
 * @throws {NcxError} USAGE when they are no PEM, do not belong together, or the key cannot be decrypted; others when
 * a file cannot be read.
 */
export function readIdentity(
  certFile: string,
  keyFile: string,
  passphrase: string | undefined,
  variable: string,
): Identity {
  const cert = readPem(certFile, "certificate");
  const [certificate] = certificatesOf(certFile, cert);
  const key = readKey(certFile, keyFile, passphrase, variable);
  if (!certificate?.checkPrivateKey(key)) {
    const files =
      certFile === keyFile ? quote(keyFile) : `${quote(keyFile)} with ${quote(certFile)}`;
    throw cannot(
      `use ${files}`,
      "the key does not match the certificate",
      "give the two that belong together",
    );
  }
  return { cert, key: String(key.export({ type: "pkcs8", format: "pem" })) };
}

/** Reads the authorities to trust. @throws {NcxError} as `readIdentity` does; USAGE when all of them have expired. */
export function readAuthorities(file: string): string {
  const pem = readPem(file, "certificate");
  const dates = certificatesOf(file, pem).map(({ validTo }) => validTo);
  const latest = Math.max(...dates.map((date) => Date.parse(date)));
  if (latest >= Date.now()) return pem;
  const on = new Date(latest).toISOString().slice(0, 10);
  throw cannot(
    `use ${quote(file)}`,
    `the certificate in it has expired on ${on}`,
    "give the one that replaced it",
  );
}

function certificatesOf(file: string, pem: string): X509Certificate[] {
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) throw notPem(file, "no certificate is in it");
  return blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw notPem(file, "the certificate in it cannot be read");
    }
  });
}

function readKey(
  certFile: string,
  file: string,
  passphrase: string | undefined,
  variable: string,
): KeyObject {
  const key = readPem(file, "key");
  if (!KEY.test(key) && file === certFile)
    throw cannot(`use ${quote(file)}`, "no private key is in it", "give that with --tls-key FILE");
  if (!KEY.test(key)) throw notPem(file, "no private key is in it");
  try {
    return createPrivateKey({ key, ...(passphrase !== undefined && { passphrase }) });
  } catch (error) {
    // What OpenSSL says of a key stays out of the message: it names no secret, and helps nobody.
    const encrypted = /ENCRYPTED/.test(key) || errnoOf(error) === "ERR_MISSING_PASSPHRASE";
    if (!encrypted) throw notPem(file, "the private key in it cannot be read");
    const state = passphrase === undefined ? "the key is encrypted" : "the passphrase is wrong";
    throw cannot(
      `use ${quote(file)}`,
      state,
      `put its passphrase into the environment: ${variable}`,
    );
  }
}

function readPem(file: string, what: string): string {
  try {
    const bytes = readFileSync(file);
    // DER and PKCS #12 start with an ASN.1 SEQUENCE.
    if (bytes[0] === 0x30) throw notPem(file, `the ${what} is not in PEM form`);
    return bytes.toString("utf8");
  } catch (error) {
    throw wrap(`read ${quote(file)}`, error);
  }
}

function notPem(file: string, state: string): Error {
  return cannot(
    `use ${quote(file)}`,
    state,
    "only PEM is read: openssl x509, pkey or pkcs12 make it",
  );
}
