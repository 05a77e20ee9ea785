/** What all DTLS sessions of one dial or one listener share: certificates, authorities, ciphers. An SSL_CTX. */
import { createPrivateKey, type KeyObject } from "node:crypto";
import * as tls from "node:tls";
import { NcxError, describe } from "../core/errors.ts";
import type { Pointer } from "./_koffi.ts";
import type { OpenSsl, Ref } from "./_openssl.ts";
import { serverCallbacks } from "./_dtls-callbacks.ts";
import type { TlsBindOptions, TlsDialOptions } from "./transport.ts";

// OpenSSL's ssl.h.
const SSL_OP_NO_QUERY_MTU = 2 ** 12;
const SSL_OP_NO_RENEGOTIATION = 2 ** 30;
const SSL_CTRL_CHAIN_CERT = 89;
const SSL_VERIFY_NONE = 0;
const SSL_VERIFY_PEER = 1;
const SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2;

/** What `newDtlsContext` takes: either side's options, by what they have in common. */
export type DtlsOptions = TlsDialOptions & Pick<TlsBindOptions, "requestCert">;

/**
 * Makes a context. Its owner calls `openssl.freeContext`; the sessions that are there hold on to it.
 *
 * @throws {NcxError} TLS when a certificate, a key or a cipher list is not good.
 */
export function newDtlsContext(
  openssl: OpenSsl,
  role: "client" | "server",
  options: DtlsOptions,
): Ref {
  openssl.clearErrors();
  const context = made(
    openssl.newContext(role === "client" ? openssl.clientMethod() : openssl.serverMethod()),
  );
  try {
    openssl.setOptions(context, SSL_OP_NO_QUERY_MTU + SSL_OP_NO_RENEGOTIATION);
    setIdentity(openssl, context, options);
    setTrust(openssl, context, role, options);
    const { ciphers, alpn } = options;
    if (ciphers !== undefined && openssl.setCiphers(context, ciphers) !== 1)
      throw refused(openssl, "the cipher list names none that OpenSSL knows");
    if (role === "server") serverCallbacks(openssl, context, alpn);
    return context;
  } catch (error) {
    openssl.freeContext(context);
    throw error;
  } finally {
    openssl.clearErrors();
  }
}

function setIdentity(openssl: OpenSsl, context: Ref, { cert, key, passphrase }: DtlsOptions): void {
  if (cert === undefined) return;
  const [own, ...chain] = readCertificates(openssl, cert);
  try {
    if (own === undefined) throw refused(openssl, "there is no certificate in PEM form");
    if (openssl.useCertificate(context, own) !== 1)
      throw refused(openssl, "the certificate is not good");
    // This takes a reference of its own, as 1 says.
    for (const link of chain) openssl.contextCtrl(context, SSL_CTRL_CHAIN_CERT, 1, link);
  } finally {
    for (const certificate of [own, ...chain])
      if (certificate !== undefined) openssl.freeCertificate(certificate);
  }
  useKey(openssl, context, readPrivateKey(key ?? cert, passphrase));
}

function useKey(openssl: OpenSsl, context: Ref, key: KeyObject): void {
  const pem = Buffer.from(key.export({ type: "pkcs8", format: "pem" }));
  const native = withMemory(openssl, pem, (bio) => openssl.readKey(bio, null, null, ""));
  pem.fill(0);
  if (native === null) throw refused(openssl, "the private key is not good");
  const used = openssl.useKey(context, native);
  openssl.freeKey(native);
  if (used !== 1 || openssl.checkKey(context) !== 1)
    throw refused(openssl, "the private key is not that of the certificate");
}

/** Node reads it, passphrase and all: OpenSSL's own reader would ask the terminal for one. */
function readPrivateKey(key: string | Buffer, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({
      key,
      format: "pem",
      ...(passphrase !== undefined && { passphrase }),
    });
  } catch (error) {
    const state = `the private key cannot be read: ${describe(error)[1]}`;
    throw new NcxError("TLS", `Cannot use DTLS: ${state}`, { state });
  }
}

function setTrust(
  openssl: OpenSsl,
  context: Ref,
  role: "client" | "server",
  { insecure, ca, requestCert }: DtlsOptions,
): void {
  if (role === "client") {
    // The certificate is verified all the same, and what comes of it looked at after the handshake.
    openssl.setVerify(context, SSL_VERIFY_NONE, null);
    if (insecure) return;
  } else {
    if (!requestCert) return;
    openssl.setVerify(context, SSL_VERIFY_PEER + SSL_VERIFY_FAIL_IF_NO_PEER_CERT, null);
  }
  if (ca === undefined) return openssl.setStore(context, defaultStore(openssl));
  const store = made(openssl.newStore());
  const authorities = readCertificates(openssl, ca);
  try {
    if (authorities.length === 0) throw refused(openssl, "there is no authority in PEM form");
    for (const authority of authorities) {
      openssl.addToStore(store, authority);
      if (role === "server") openssl.nameClientCa(context, authority);
    }
    openssl.setStore(context, store);
  } finally {
    for (const authority of authorities) openssl.freeCertificate(authority);
    openssl.freeStore(store);
  }
}

let nodesOwn: Ref | undefined;

/** Node's own authorities, read once for the process: there are about 150. */
function defaultStore(openssl: OpenSsl): Ref {
  if (nodesOwn !== undefined) return nodesOwn;
  const store = made(openssl.newStore());
  const pems = "getCACertificates" in tls ? newerRoots() : tls.rootCertificates;
  for (const certificate of readCertificates(openssl, pems.join("\n"))) {
    openssl.addToStore(store, certificate);
    openssl.freeCertificate(certificate);
  }
  nodesOwn = store;
  return store;
}

/** From Node 22.15 on: with those of NODE_EXTRA_CA_CERTS and --use-system-ca. */
function newerRoots(): readonly string[] {
  const { getCACertificates } = tls as unknown as { getCACertificates(): readonly string[] };
  return getCACertificates();
}

function readCertificates(openssl: OpenSsl, pem: string | Buffer): Ref[] {
  return withMemory(openssl, Buffer.from(pem), (bio) => {
    const found: Ref[] = [];
    for (;;) {
      const certificate = openssl.readCertificate(bio, null, null, "");
      if (certificate === null) break;
      found.push(certificate);
    }
    openssl.clearErrors(); // the last one says that there is no further one
    return found;
  });
}

/** Calls `use` with a memory BIO that holds a copy of the bytes. */
function withMemory<T>(openssl: OpenSsl, bytes: Buffer, use: (bio: Ref) => T): T {
  const bio = made(openssl.newBio(openssl.memoryMethod()));
  try {
    openssl.bioWrite(bio, bytes, bytes.length);
    return use(bio);
  } finally {
    openssl.freeBio(bio);
  }
}

/** @throws {NcxError} LIMIT: OpenSSL gives nothing only when it gets no memory. */
export function made(pointer: Pointer): Ref {
  if (pointer !== null) return pointer;
  throw new NcxError("LIMIT", "Cannot use DTLS: out of memory", { state: "Out of memory" });
}

function refused(openssl: OpenSsl, state: string): NcxError {
  const words = takeErrors(openssl);
  const cause = words === undefined ? undefined : new Error(`OpenSSL: ${words}`);
  return new NcxError("TLS", `Cannot use DTLS: ${state}`, { state, cause });
}

/** Empties OpenSSL's queue of errors, which Node's own crypto shares; gives the first one's words. */
export function takeErrors(openssl: OpenSsl): string | undefined {
  const code = openssl.takeError();
  openssl.clearErrors();
  return BigInt(code) === 0n ? undefined : (openssl.errorReason(code) ?? "unknown error");
}
