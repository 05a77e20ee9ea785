/** Protocols of lines of text, as tcpdump says them after a TCP packet: their name, and the first line. */

interface TextProtocol {
  readonly name: string;
  readonly ports: readonly number[];
  /** What a first line begins with; every packet has one where it isn't given. */
  readonly begins?: RegExp;
}

const HTTP_METHODS =
  "OPTIONS|GET|HEAD|POST|PUT|DELETE|TRACE|CONNECT|PROPFIND|PROPPATCH|MKCOL|COPY|MOVE|LOCK|UNLOCK|POLL|BCOPY|BMOVE|SEARCH|BDELETE|PATCH";
const RTSP_METHODS =
  "OPTIONS|DESCRIBE|ANNOUNCE|SETUP|PLAY|PAUSE|TEARDOWN|GET_PARAMETER|SET_PARAMETER|REDIRECT|RECORD";

const PROTOCOLS: readonly TextProtocol[] = [
  {
    name: "HTTP",
    ports: [80, 3128, 8080],
    begins: new RegExp(`^(?:(?:${HTTP_METHODS})\\s|\\S+\\s+\\d{3}\\s)`, "i"),
  },
  {
    name: "RTSP",
    ports: [554, 8554],
    begins: new RegExp(`^(?:(?:${RTSP_METHODS})\\s|\\S+\\s+\\d{3}\\s)`, "i"),
  },
  { name: "FTP", ports: [21] },
  { name: "SMTP", ports: [25, 587] },
];

const BY_PORT: ReadonlyMap<number, TextProtocol> = new Map(
  PROTOCOLS.flatMap((protocol) => protocol.ports.map((port) => [port, protocol])),
);

/** Bytes of a first line that are looked at. */
const MAX_LINE = 8192;

/** `: HTTP: GET / HTTP/1.1`, or with -v every line of the head; empty where neither port is one of theirs. */
export function textProtocol(
  payload: Buffer,
  sourcePort: number,
  destinationPort: number,
  verbose: number,
): string {
  const protocol = BY_PORT.get(sourcePort) ?? BY_PORT.get(destinationPort);
  if (!protocol || payload.length === 0) return "";
  const { name, begins } = protocol;
  const text = payload.toString("latin1", 0, MAX_LINE);
  const end = text.indexOf("\n");
  const line = (end < 0 ? text : text.slice(0, end)).replace(/\r$/, "");
  const isText = /^[\t\x20-\x7e]*$/.test(line);
  if ((begins && !begins.test(text)) || !isText) return `: ${name}`;
  if (verbose > 0) return `: ${name}, length: ${payload.length}${headText(text)}`;
  // tcpdump takes a line without an end for one that was cut.
  return `: ${name}: ${line}${end < 0 ? ` [|${name.toLowerCase()}]` : ""}`;
}

/** The lines up to the empty one, each begun by a line end and a tab. */
function headText(text: string): string {
  let lines = "";
  for (const [line] of text.matchAll(/[^\n]*\n?/g)) {
    const plain = line.replace(/\r?\n$/, "");
    if (line === "" || !/^[\t\x20-\x7e]*$/.test(plain)) break;
    lines += `\n\t${plain}`;
    if (plain === "") break;
  }
  return lines;
}
