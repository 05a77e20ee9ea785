/** How the system's own calls have unix sockets: addresses as bytes, and the numbers of flags. */
import { hasAbstractSockets, isWindows } from "./limits.ts";

export interface SocketNumbers {
  readonly SOL_SOCKET: number;
  readonly SO_SNDBUF: number;
  readonly SO_RCVBUF: number;
  readonly SO_OOBINLINE: number;
  readonly MSG_DONTWAIT: number;
  /** Whether a datagram of more than 2 KiB needs larger buffers than a socket starts with. */
  readonly smallBuffers: boolean;
}

/** unix(7): 2 bytes of family, or of length and family, and 108 or 104 of path. */
export const UNIX_ADDRESS_SIZE = 110;

const AF_UNIX = 1;
const PATH_AT = 2;

/** Undefined where there are no unix datagram sockets. */
export function socketNumbers(): SocketNumbers | undefined {
  if (isWindows()) return undefined;
  return hasAbstractSockets()
    ? {
        SOL_SOCKET: 1,
        SO_SNDBUF: 7,
        SO_RCVBUF: 8,
        SO_OOBINLINE: 10,
        MSG_DONTWAIT: 0x40,
        smallBuffers: false,
      }
    : {
        SOL_SOCKET: 0xffff,
        SO_SNDBUF: 0x1001,
        SO_RCVBUF: 0x1002,
        SO_OOBINLINE: 0x100,
        MSG_DONTWAIT: 0x80,
        smallBuffers: true,
      };
}

/** `sockaddr_un` of a path or an abstract `@name`; without one, what asks Linux for a name of its own choice. */
export function encodeUnixAddress(path: string): Buffer {
  const abstract = path.startsWith("@");
  const text = path === "" ? "" : abstract ? `\0${path.slice(1)}` : `${path}\0`;
  const address = Buffer.concat([Buffer.alloc(PATH_AT), Buffer.from(text)]);
  if (hasAbstractSockets()) return writeFamily(address);
  address[0] = address.length;
  address[1] = AF_UNIX;
  return address;
}

/** Linux's `sa_family_t`: a number of this machine's byte order. */
function writeFamily(address: Buffer): Buffer {
  new Uint16Array(address.buffer, address.byteOffset, 1)[0] = AF_UNIX;
  return address;
}

/** The path or `@name` of an address that the system gave; empty for a socket without a name. */
export function decodeUnixAddress(address: Buffer): string {
  const name = address.subarray(PATH_AT);
  if (name.length === 0) return "";
  if (name[0] === 0 && hasAbstractSockets())
    return name.length > 1 ? `@${name.toString("utf8", 1)}` : "";
  const end = name.indexOf(0);
  return name.toString("utf8", 0, end < 0 ? name.length : end);
}
