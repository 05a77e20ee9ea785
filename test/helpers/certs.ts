/** Certificates for tests, made by the openssl program on the spot. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Certificate {
  /** PEM, both. */
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Certificate {
  /** Signs a certificate for these names, such as `DNS:localhost`; `days` may be -1: expired. @default {2} */
  issue(names: readonly string[], days?: number): Certificate;
}

const CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A self-signed P-256 certificate for these names, such as `DNS:localhost` and `IP:127.0.0.1`. */
export function selfSigned(...names: readonly string[]): Certificate {
  return inFolder((folder) => {
    const subject = ["-subj", "/CN=ncx test", "-addext", `subjectAltName=${names.join(",")}`];
    openssl(folder, ["req", "-x509", ...CURVE, "-days", "2", ...subject, ...OUT("cert.pem")]);
    return made(folder);
  });
}

/** An authority that signs certificates; `days` may be -1: expired. */
export function authority(name = "ncx test CA", days = 2): Authority {
  const ca = inFolder((folder) => {
    openssl(folder, ["req", "-new", ...CURVE, "-subj", `/CN=${name}`, ...OUT("csr.pem")]);
    writeFileSync(join(folder, "ext"), "basicConstraints=critical,CA:TRUE\n");
    const self = ["-in", "csr.pem", "-signkey", "key.pem", "-days", `${days}`, "-extfile", "ext"];
    openssl(folder, ["x509", "-req", ...self, "-out", "cert.pem"]);
    return made(folder);
  });
  return { ...ca, issue: (names, valid = 2) => issue(ca, names, valid) };
}

/** The key again, encrypted. */
export function encrypted(key: string, passphrase: string): string {
  return inFolder((folder) => {
    writeFileSync(join(folder, "plain.pem"), key);
    const out = ["-aes256", "-passout", `pass:${passphrase}`, "-out", "key.pem"];
    openssl(folder, ["pkey", "-in", "plain.pem", ...out]);
    return readFileSync(join(folder, "key.pem"), "utf8");
  });
}

function issue(ca: Certificate, names: readonly string[], days: number): Certificate {
  return inFolder((folder) => {
    writeFileSync(join(folder, "ca.pem"), ca.cert);
    writeFileSync(join(folder, "ca.key"), ca.key);
    writeFileSync(join(folder, "ext"), `subjectAltName=${names.join(",")}\n`);
    openssl(folder, ["req", "-new", ...CURVE, "-subj", "/CN=ncx leaf", ...OUT("csr.pem")]);
    const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", `${days}`];
    const request = ["x509", "-req", "-in", "csr.pem", "-extfile", "ext"];
    openssl(folder, [...request, ...signed, "-out", "cert.pem"]);
    return made(folder);
  });
}

const OUT = (file: string): string[] => ["-keyout", "key.pem", "-out", file];

function openssl(folder: string, args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: "pipe", cwd: folder });
}

function made(folder: string): Certificate {
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  return { cert: read("cert.pem"), key: read("key.pem") };
}

function inFolder<T>(act: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "ncx-certs-"));
  try {
    return act(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
