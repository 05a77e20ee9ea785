/** From the --tls-… flags to what TLS takes: files are read, and checked, before anything is opened. */
import { quote } from "../core/errors.ts";
import { knowsCiphers, type TlsBindOptions, type TlsDialOptions } from "../transport/index.ts";
import type { Args } from "./args.ts";
import { PERSONALITIES } from "./personality.ts";
import type { Reporter } from "./report.ts";
import { readAuthorities, readIdentity } from "./tls-files.ts";
import { cannot } from "./usage.ts";
import type { World } from "./world.ts";

/** The passphrase of an encrypted --tls-key: no flag, which every user of the machine could read. */
const PASSPHRASE = "NCX_TLS_PASSPHRASE";
/** RFC 7301 §3.1: a protocol's name is 1 to 255 bytes. */
const LONGEST_PROTOCOL = 255;

/** What both sides of a connection take from the flags. */
type Shared = Pick<
  TlsDialOptions & TlsBindOptions,
  "cert" | "key" | "passphrase" | "ca" | "ciphers" | "alpn"
>;

/**
 * How to dial. Where certificates are not verified though nobody has said so, that is said.
 *
 * @throws {NcxError} USAGE for files that do not go together; REFUSED, DENIED and their like for one that cannot be read.
 */
export async function tlsDialOptions(
  args: Args,
  world: World,
  report: Reporter,
): Promise<TlsDialOptions> {
  return {
    ...(await sharedOptions(args, world)),
    ...(isInsecure(args, report) && { insecure: true }),
  };
}

/** How to listen. @throws {NcxError} as `tlsDialOptions` does. */
export async function tlsBindOptions(
  args: Args,
  world: World,
  report: Reporter,
): Promise<TlsBindOptions> {
  if (args.tlsRequestCert && args.tlsCa === undefined)
    throw cannot(
      "use --tls-request-cert",
      "it needs --tls-ca FILE",
      "whose certificates are let in?",
    );
  return {
    ...(await sharedOptions(args, world)),
    ...(args.tlsRequestCert && { requestCert: true }),
    onSelfSigned(fingerprints) {
      for (const line of report.wording.selfSigned(fingerprints)) report.news(1, line);
    },
  };
}

function isInsecure(args: Args, report: Reporter): boolean {
  const { insecure, tlsVerify, tlsCa, personality } = args;
  if (insecure && tlsVerify)
    throw cannot("use --insecure and --tls-verify", "they exclude each other", "leave one away");
  if (insecure) return true;
  if (PERSONALITIES[personality].verifiesTls || tlsVerify || tlsCa !== undefined) return false;
  report.say("The server's certificate is not verified; --ssl-verify does that.");
  return true;
}

async function sharedOptions(args: Args, world: World): Promise<Shared> {
  const { tlsCert, tlsKey, tlsCa, tlsCiphers, tlsAlpn } = args;
  if (tlsKey !== undefined && tlsCert === undefined)
    throw cannot("use --tls-key", "it has no certificate", "give that with --tls-cert FILE");
  const passphrase = world.env[PASSPHRASE];
  return {
    ...(tlsCert !== undefined && readIdentity(tlsCert, tlsKey ?? tlsCert, passphrase, PASSPHRASE)),
    ...(tlsCa !== undefined && { ca: readAuthorities(tlsCa) }),
    ...(tlsCiphers !== undefined && { ciphers: await checkCiphers(tlsCiphers) }),
    ...(tlsAlpn !== undefined && { alpn: readAlpn(tlsAlpn) }),
  };
}

async function checkCiphers(list: string): Promise<string> {
  if (await knowsCiphers(list)) return list;
  const act = `use --tls-ciphers ${quote(list)}`;
  throw cannot(act, "OpenSSL knows no such cipher", "`openssl ciphers` lists them");
}

/** `h2,http/1.1`. */
function readAlpn(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  const bad = names.find((name) => name === "" || Buffer.byteLength(name) > LONGEST_PROTOCOL);
  if (bad === undefined) return names;
  const state = bad === "" ? "a name in it is empty" : "a name in it is longer than 255 bytes";
  throw cannot(`use --tls-alpn ${quote(text)}`, state, "as in --tls-alpn h2,http/1.1");
}
