/** The system's socket calls, which Node has not for unix datagrams: out of the C library that Node itself runs on. */
import { NcxError } from "../core/errors.ts";
import { socketNumbers, type SocketNumbers } from "../platform/unix-address.ts";
import { loadKoffi, type Koffi } from "./_koffi.ts";

/** See their manual pages, section 2. Those that fail give -1; `failure` says why. */
interface Functions {
  socket(domain: number, type: number, protocol: number): number;
  bind(socket: number, address: Uint8Array, length: number): number;
  connect(socket: number, address: Uint8Array, length: number): number;
  getsockname(socket: number, address: Uint8Array, length: Int32Array): number;
  setsockopt(
    socket: number,
    level: number,
    option: number,
    value: Int32Array,
    size: number,
  ): number;
  send(socket: number, bytes: Uint8Array, length: number, flags: number): number;
  sendto(
    socket: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: number,
  ): number;
  recvfrom(
    socket: number,
    into: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: Int32Array,
  ): number;
  fcntl(socket: number, command: number, type: "int", value: number): number;
  close(socket: number): number;
}

const SIGNATURES: Readonly<Record<keyof Functions, string>> = {
  socket: "int socket(int domain, int type, int protocol)",
  bind: "int bind(int socket, void *address, uint length)",
  connect: "int connect(int socket, void *address, uint length)",
  getsockname: "int getsockname(int socket, void *address, void *length)",
  setsockopt: "int setsockopt(int socket, int level, int option, void *value, uint size)",
  send: "intptr_t send(int socket, void *bytes, size_t length, int flags)",
  sendto:
    "intptr_t sendto(int socket, void *bytes, size_t length, int flags, void *address, uint addressLength)",
  recvfrom:
    "intptr_t recvfrom(int socket, void *into, size_t length, int flags, void *address, void *addressLength)",
  fcntl: "int fcntl(int socket, int command, ...)",
  close: "int close(int socket)",
};

export interface Libc extends Functions {
  readonly koffi: Koffi;
  readonly numbers: SocketNumbers;
  /** Why the last call has failed, as Node would say it: an error with `code`. */
  failure(call: string): Error & { readonly code: string };
}

let bound: Libc | undefined;

/** @throws {NcxError} UNSUPPORTED without koffi, and on Windows. */
export async function loadLibc(act: string): Promise<Libc> {
  if (bound) return bound;
  const numbers = socketNumbers();
  if (!numbers) {
    const state = "Windows has no unix datagram sockets";
    throw new NcxError("UNSUPPORTED", `Cannot ${act}: ${state}`, { state });
  }
  const koffi = await loadKoffi(act, "a unix datagram socket");
  const program = koffi.load(null);
  const functions = Object.entries(SIGNATURES).map(([name, text]) => [name, program.func(text)]);
  const names = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));
  bound = {
    // Each name has the function of its signature, and the interface says the same in other words.
    ...(Object.fromEntries(functions) as Functions),
    koffi,
    numbers,
    failure(call) {
      const code = names.get(koffi.errno()) ?? `errno ${koffi.errno()}`;
      return Object.assign(new Error(`${call} ${code}`), { code });
    },
  };
  return bound;
}
