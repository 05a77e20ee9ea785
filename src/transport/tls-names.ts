/** The names of TLS: whom a certificate is to be for, and whom one is for. */
import type { PeerCertificate } from "node:tls";
import { formatEndpoint, type DtlsEndpoint, type TlsEndpoint } from "../core/endpoint.ts";
import { NcxError, quote } from "../core/errors.ts";

/** Whom a carrier without a host, such as a unix socket, is taken for; Node takes this name, too. */
const NAMELESS = "localhost";
/** Names of a certificate that are listed. */
const MOST_NAMES = 8;

/**
 * Whom the server's certificate is to be for: the endpoint's own name, else its carrier's host, a zone left out.
 *
 * @throws {NcxError} ADDRESS for what OpenSSL would take for no name at all, for part of it, or for many names.
 */
export function expectedName({ over, servername }: TlsEndpoint | DtlsEndpoint): string {
  const name = servername ?? ("host" in over ? over.host : NAMELESS);
  const act = `connect to ${formatEndpoint(over)}`;
  if (name === "") throw badName(act, "the server name is empty");
  if (/[\0-\x20\x7F]|^\./.test(name)) throw badName(act, `${quote(name)} is no server name`);
  return name.includes(":") ? name.replace(/%.*$/s, "") : name;
}

function badName(act: string, state: string): NcxError {
  const hint = "give the name, or numeric address, that the certificate is for";
  return new NcxError("ADDRESS", `Cannot ${act}: ${state}`, { hint });
}

/** `right.test, 127.0.0.1`: whom a certificate is for; undefined where it does not say. */
export function certifiedNames({ subjectaltname = "" }: PeerCertificate): string | undefined {
  const names = subjectaltname
    .split(", ")
    .map((name) => name.replace(/^(DNS|IP Address|URI):/, ""));
  const more = names.length > MOST_NAMES ? ", …" : "";
  return names.slice(0, MOST_NAMES).map(printable).join(", ") + more || undefined;
}

/** `CN=example.org, issued by CN=Some CA, valid from … to …, SHA-256 AB:CD:…`. */
export function describeCertificate(certificate: PeerCertificate): string {
  const { subject, issuer, valid_from, valid_to, fingerprint256 } = certificate;
  if (fingerprint256 === undefined) return "no certificate";
  const validity = `valid from ${valid_from} to ${valid_to}`;
  return `certificate ${nameText(subject)}, issued by ${nameText(issuer)}, ${validity}, SHA-256 ${fingerprint256}`;
}

/** `O=Some company CN=example.org`. */
export function nameText(name: PeerCertificate["subject"] | undefined): string {
  const parts = Object.entries(name ?? {}).map(([key, value]) => `${key}=${String(value)}`);
  return printable(parts.join(" ")) || "(no name)";
}

/** The peer's own text must not drive a terminal. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is replaced
  return text.replace(/[\u0000-\u001F\u007F-\u009F\u2028\u2029]/g, "?");
}
