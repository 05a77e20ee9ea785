/** The functions of libpcap that a live capture and the filter language take. Loaded when asked for, and only then. */
import { NcxError } from "../core/errors.ts";
import { libpcapPlaces } from "../platform/libpcap.ts";
import { loadKoffi, type Koffi, type Pointer } from "./_koffi.ts";

/** What each does is in its manual page, section 3PCAP. */
interface Functions {
  pcap_create(device: string, error: Uint8Array): Pointer;
  pcap_set_snaplen(handle: Pointer, bytes: number): number;
  pcap_set_promisc(handle: Pointer, on: number): number;
  pcap_set_timeout(handle: Pointer, ms: number): number;
  pcap_set_buffer_size(handle: Pointer, bytes: number): number;
  pcap_activate(handle: Pointer): number;
  pcap_setnonblock(handle: Pointer, on: number, error: Uint8Array): number;
  pcap_fileno(handle: Pointer): number;
  /** Not on Windows. */
  pcap_get_selectable_fd?(handle: Pointer): number;
  pcap_datalink(handle: Pointer): number;
  pcap_set_datalink(handle: Pointer, linkType: number): number;
  pcap_lookupnet(device: string, net: Uint32Array, mask: Uint32Array, error: Uint8Array): number;
  pcap_compile(
    handle: Pointer,
    program: Uint8Array,
    filter: string,
    optimize: number,
    mask: number,
  ): number;
  pcap_setfilter(handle: Pointer, program: Uint8Array): number;
  pcap_setdirection(handle: Pointer, direction: number): number;
  pcap_freecode(program: Uint8Array): void;
  pcap_dispatch(handle: Pointer, count: number, callback: Pointer, user: Pointer): number;
  pcap_next_ex(handle: Pointer, header: [Pointer], data: [Pointer]): number;
  pcap_dump_fopen(handle: Pointer, file: Pointer): Pointer;
  pcap_dump_ftell(dumper: Pointer): number | bigint;
  pcap_dump_flush(dumper: Pointer): number;
  pcap_dump_close(dumper: Pointer): void;
  pcap_stats(handle: Pointer, counts: Uint32Array): number;
  pcap_geterr(handle: Pointer): string;
  pcap_statustostr(status: number): string;
  pcap_close(handle: Pointer): void;
  pcap_open_dead(linkType: number, snaplen: number): Pointer;
  pcap_offline_filter(program: Uint8Array, header: Uint8Array, bytes: Uint8Array): number;
  pcap_findalldevs(first: [Pointer], error: Uint8Array): number;
  pcap_freealldevs(first: Pointer): void;
}

const SIGNATURES: Readonly<Record<keyof Functions, string>> = {
  pcap_create: "void *pcap_create(const char *device, void *error)",
  pcap_set_snaplen: "int pcap_set_snaplen(void *handle, int bytes)",
  pcap_set_promisc: "int pcap_set_promisc(void *handle, int on)",
  pcap_set_timeout: "int pcap_set_timeout(void *handle, int ms)",
  pcap_set_buffer_size: "int pcap_set_buffer_size(void *handle, int bytes)",
  pcap_activate: "int pcap_activate(void *handle)",
  pcap_setnonblock: "int pcap_setnonblock(void *handle, int on, void *error)",
  pcap_fileno: "int pcap_fileno(void *handle)",
  pcap_get_selectable_fd: "int pcap_get_selectable_fd(void *handle)",
  pcap_set_datalink: "int pcap_set_datalink(void *handle, int linkType)",
  pcap_datalink: "int pcap_datalink(void *handle)",
  pcap_lookupnet: "int pcap_lookupnet(const char *device, void *net, void *mask, void *error)",
  pcap_compile:
    "int pcap_compile(void *handle, void *program, const char *filter, int optimize, uint mask)",
  pcap_setfilter: "int pcap_setfilter(void *handle, void *program)",
  pcap_setdirection: "int pcap_setdirection(void *handle, int direction)",
  pcap_freecode: "void pcap_freecode(void *program)",
  pcap_dispatch: "int pcap_dispatch(void *handle, int count, void *callback, void *user)",
  pcap_next_ex: "int pcap_next_ex(void *handle, _Out_ void **header, _Out_ void **data)",
  pcap_dump_fopen: "void *pcap_dump_fopen(void *handle, void *file)",
  pcap_dump_ftell: "long pcap_dump_ftell(void *dumper)",
  pcap_dump_flush: "int pcap_dump_flush(void *dumper)",
  pcap_dump_close: "void pcap_dump_close(void *dumper)",
  pcap_stats: "int pcap_stats(void *handle, void *counts)",
  pcap_geterr: "const char *pcap_geterr(void *handle)",
  pcap_statustostr: "const char *pcap_statustostr(int status)",
  pcap_close: "void pcap_close(void *handle)",
  pcap_open_dead: "void *pcap_open_dead(int linkType, int snaplen)",
  pcap_offline_filter: "int pcap_offline_filter(void *program, void *header, void *bytes)",
  pcap_findalldevs: "int pcap_findalldevs(_Out_ void **first, void *error)",
  pcap_freealldevs: "void pcap_freealldevs(void *first)",
};

export interface Libpcap extends Functions {
  readonly koffi: Koffi;
  /** Where pcap_dump() is: the callback that writes packets into a dumper. */
  readonly dump: Pointer;
  /** Undefined where the system has none. */
  readonly memoryFiles: MemoryFiles | undefined;
  /** Linux: has the kernel apply a filter to a socket. Below 0 where it won't. */
  readonly attachFilter: ((socket: number, program: Uint8Array) => number) | undefined;
}

/** C's files in memory. */
export interface MemoryFiles {
  fmemopen(memory: Uint8Array, size: number, mode: string): Pointer;
  rewind(file: Pointer): void;
}

/** Bytes of libpcap's messages: PCAP_ERRBUF_SIZE. */
const MESSAGE = 256;

let bound: Libpcap | undefined;

/** @throws {NcxError} UNSUPPORTED without koffi, and without libpcap. */
export async function loadLibpcap(act: string): Promise<Libpcap> {
  if (bound) return bound;
  const { names, hint, state } = libpcapPlaces();
  const koffi = await loadKoffi(act, "libpcap");
  const library = firstOf(koffi, names);
  if (!library) throw new NcxError("UNSUPPORTED", `Cannot ${act}: ${state}`, { state, hint });
  const functions = Object.entries(SIGNATURES).flatMap(([name, text]) => {
    const found = name === LACKING ? ifThere(() => library.func(text)) : library.func(text);
    return found ? [[name, found]] : [];
  });
  bound = {
    // Each name has the function of its signature, and the interface says the same in other words.
    ...(Object.fromEntries(functions) as Functions),
    koffi,
    dump: koffi.address(library.symbol("pcap_dump", "void *")),
    memoryFiles: memoryFiles(koffi),
    attachFilter: attachFilter(koffi),
  };
  return bound;
}

/** Calls a function that has its message written into a buffer. */
export function withMessage<T>(call: (buffer: Uint8Array) => T): { result: T; message: string } {
  const buffer = Buffer.alloc(MESSAGE);
  const result = call(buffer);
  return { result, message: buffer.toString("utf8", 0, Math.max(0, buffer.indexOf(0))) };
}

/** The one function that not every libpcap has. */
const LACKING: keyof Functions = "pcap_get_selectable_fd";

function memoryFiles(koffi: Koffi): MemoryFiles | undefined {
  return ifThere(() => {
    const program = koffi.load(null);
    return {
      fmemopen: program.func("void *fmemopen(void *memory, size_t size, const char *mode)"),
      rewind: program.func("void rewind(void *file)"),
    };
  });
}

/** SOL_SOCKET and SO_ATTACH_FILTER, socket(7). The program's length and pointer lie as in libpcap's own struct. */
function attachFilter(koffi: Koffi): Libpcap["attachFilter"] {
  return ifThere(() => {
    const setsockopt = koffi
      .load(null)
      .func("int setsockopt(int socket, int level, int name, void *value, uint size)");
    return (socket, program) => Number(setsockopt(socket, 1, 26, program, program.length));
  });
}

function ifThere<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch {
    return undefined; // another system
  }
}

function firstOf(koffi: Koffi, names: readonly string[]): ReturnType<Koffi["load"]> | undefined {
  for (const name of names) {
    const library = ifThere(() => koffi.load(name));
    if (library) return library;
  }
  return undefined;
}
