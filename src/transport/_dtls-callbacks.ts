/** What OpenSSL asks of a DTLS server while it works: the cookie of an address, and which protocol to speak. */
import { timingSafeEqual } from "node:crypto";
import type { OpenSsl, Ref } from "./_openssl.ts";

const SSL_TLSEXT_ERR_OK = 0;
const SSL_TLSEXT_ERR_ALERT_FATAL = 2;
const OPENSSL_NPN_NEGOTIATED = 1;

/** The cookie of the peer whose hello is being answered; OpenSSL asks during that call only. */
let current: Buffer = Buffer.alloc(0);

/** Calls `act`, within which OpenSSL makes, and takes, this cookie and no other; none for a client. */
export function withCookie<T>(cookie: Buffer | undefined, act: () => T): T {
  if (cookie) current = cookie;
  try {
    return act();
  } finally {
    current = Buffer.alloc(0);
  }
}

interface Callbacks {
  readonly make: Ref;
  readonly check: Ref;
  readonly choose: Ref;
}

/** koffi's slots for callbacks are few: these three serve every context there is. */
let registered: Callbacks | undefined;

/** The lists of the contexts that have one, by the number that OpenSSL hands back; equal lists are one. */
const lists: Buffer[] = [];

/** Gives a server's context its callbacks. */
export function serverCallbacks(
  openssl: OpenSsl,
  context: Ref,
  alpn: readonly string[] = [],
): void {
  registered ??= register(openssl);
  openssl.setCookieMaker(context, registered.make);
  openssl.setCookieChecker(context, registered.check);
  if (alpn.length === 0) return;
  openssl.setAlpnChooser(context, registered.choose, BigInt(listNumber(protocolList(alpn))));
}

/** RFC 7301 §3.1: each name after a byte with its length. */
export function protocolList(names: readonly string[]): Buffer {
  return Buffer.concat(
    names.map((name) => {
      const bytes = Buffer.from(name);
      if (bytes.length === 0 || bytes.length > 255)
        throw new RangeError("an ALPN protocol has from 1 to 255 bytes");
      return Buffer.concat([Buffer.from([bytes.length]), bytes]);
    }),
  );
}

function listNumber(list: Buffer): number {
  const known = lists.findIndex((other) => other.equals(list));
  return known >= 0 ? known : lists.push(list) - 1;
}

function register(openssl: OpenSsl): Callbacks {
  const { koffi } = openssl;
  const maker = koffi.proto("int", ["void *", "void *", "void *"]);
  const checker = koffi.proto("int", ["void *", "void *", "uint"]);
  const chooser = koffi.proto("int", ["void *", "void *", "void *", "void *", "uint", "void *"]);

  function make(_session: Ref, cookie: Ref, length: Ref): number {
    koffi.encode(cookie, koffi.array("uint8_t", current.length), current);
    koffi.encode(length, "uint", current.length);
    return current.length > 0 ? 1 : 0;
  }

  function check(_session: Ref, cookie: Ref, length: number): number {
    if (length !== current.length || length === 0) return 0;
    const given = Uint8Array.from(koffi.decode(cookie, "uint8_t", length) as Iterable<number>);
    return timingSafeEqual(given, current) ? 1 : 0;
  }

  function choose(
    _session: Ref,
    chosen: Ref,
    length: Ref,
    theirs: Ref,
    theirLength: number,
    id: Ref | null,
  ): number {
    const ours = lists[Number(id ?? 0n)] ?? Buffer.alloc(0);
    const found = openssl.chooseProtocol(chosen, length, ours, ours.length, theirs, theirLength);
    return found === OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
  }

  return {
    make: koffi.register(make, koffi.pointer(maker)),
    check: koffi.register(check, koffi.pointer(checker)),
    choose: koffi.register(choose, koffi.pointer(chooser)),
  };
}
