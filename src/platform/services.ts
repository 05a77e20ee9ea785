/** Names of services and their ports, as the system's services(5) has them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isWindows } from "./limits.ts";

export type Protocol = "tcp" | "udp";

export interface Services {
  /** By name or alias. Where a name has several ports, the first in the file counts, as in getservbyname(3). */
  port(name: string, protocol: Protocol): number | undefined;
  /** The first name in the file, without aliases. */
  name(port: number, protocol: Protocol): string | undefined;
}

let system: Services | undefined;

/** The port of a service by its name or an alias. Reads the system's file at the first call, at once. */
export function servicePort(name: string, protocol: Protocol): number | undefined {
  system ??= readServices(servicesFile());
  return system.port(name, protocol);
}

/** The name of the service at a port. Reads the system's file at the first call, at once. */
export function serviceName(port: number, protocol: Protocol): string | undefined {
  system ??= readServices(servicesFile());
  return system.name(port, protocol);
}

/** Reads a file of services(5). Where it is missing, as in many containers, a short list of the best known stands in. */
export function readServices(file: string): Services {
  return parseServices(readServicesText(file));
}

/** The text of a file of services(5), or of that short list. Default: the system's file. */
export function readServicesText(file: string = servicesFile()): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return BEST_KNOWN;
  }
}

/** Reads lines `name port/protocol alias ... # comment`: searched as they are, which is quicker than to sort them all. */
export function parseServices(text: string): Services {
  return {
    port(name, protocol) {
      if (name === "") return undefined;
      const word = name.replace(/[^\w-]/g, "\\$&");
      const asName = new RegExp(`^[ \\t]*${word}[ \\t]+(\\d+)/${protocol}\\b`, "m").exec(text);
      const asAlias = `^[ \\t]*[^\\s#]+[ \\t]+(\\d+)/${protocol}[ \\t]+(?:[^\\r\\n#]*\\s)?${word}(?=\\s|#|$)`;
      return portOf((asName ?? new RegExp(asAlias, "m").exec(text))?.[1]);
    },
    name: (port, protocol) =>
      new RegExp(`^[ \\t]*([^\\s#]+)[ \\t]+0*${port}/${protocol}\\b`, "m").exec(text)?.[1],
  };
}

function portOf(digits: string | undefined): number | undefined {
  const port = Number(digits);
  return port <= 65535 ? port : undefined;
}

const BEST_KNOWN = `
ftp-data 20/tcp
ftp 21/tcp
ssh 22/tcp
telnet 23/tcp
smtp 25/tcp mail
domain 53/tcp
domain 53/udp
bootps 67/udp
bootpc 68/udp
tftp 69/udp
finger 79/tcp
http 80/tcp www
kerberos 88/tcp
pop3 110/tcp
ntp 123/udp
imap2 143/tcp imap
snmp 161/udp
ldap 389/tcp
https 443/tcp
https 443/udp
microsoft-ds 445/tcp
submissions 465/tcp
syslog 514/udp
submission 587/tcp
ldaps 636/tcp
imaps 993/tcp
pop3s 995/tcp
socks 1080/tcp
mysql 3306/tcp
rdp 3389/tcp ms-wbt-server
sip 5060/udp
postgresql 5432/tcp
mdns 5353/udp
redis 6379/tcp
http-alt 8080/tcp webcache
`;

function servicesFile(): string {
  if (!isWindows()) return "/etc/services";
  // oxlint-disable-next-line rooms/globals -- only the environment tells where Windows is
  return join(process.env["SystemRoot"] ?? "C:\\Windows", "System32", "drivers", "etc", "services");
}
