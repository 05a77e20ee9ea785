/** What to say to a service that waits for the client: small, harmless, and written from its specification. */

export interface BannerProbe {
  readonly name: string;
  readonly bytes: Buffer;
  /** Where it is asked before the others. */
  readonly ports: readonly number[];
}

export const TLS_PORTS: readonly number[] = [
  443, 465, 563, 636, 853, 989, 990, 992, 993, 995, 2376, 3269, 4443, 5061, 5223, 5671, 5986, 6443,
  6697, 8443, 8883, 9443,
];

/** In the order in which they are tried. */
const PROBES: readonly BannerProbe[] = [
  {
    name: "http",
    // Not HEAD, which small servers don't know.
    bytes: Buffer.from("GET / HTTP/1.0\r\nUser-Agent: ncx\r\nAccept: */*\r\n\r\n"),
    ports: [80, 81, 591, 3000, 5000, 8000, 8008, 8080, 8081, 8888, 9000, 9090],
  },
  { name: "redis", bytes: Buffer.from("*1\r\n$4\r\nPING\r\n"), ports: [6379, 6380, 16379] },
  // SSLRequest: its length, and 1234 and 5679 as two shorts.
  { name: "postgresql", bytes: Buffer.from("0000000804d2162f", "hex"), ports: [5432, 5433, 6432] },
  // MQTT 3.1.1 §3.1: CONNECT with a clean session, 60 s, and the name "ncx".
  { name: "mqtt", bytes: Buffer.from("100f00044d5154540402003c00036e6378", "hex"), ports: [1883] },
  { name: "rtsp", bytes: Buffer.from("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"), ports: [554, 8554] },
  { name: "memcached", bytes: Buffer.from("version\r\n"), ports: [11211] },
];

/** The probes, those that the port speaks for first. */
export function probesFor(port: number): BannerProbe[] {
  return [...PROBES].sort(
    (a, b) => Number(b.ports.includes(port)) - Number(a.ports.includes(port)),
  );
}
