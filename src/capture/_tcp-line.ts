/** TCP as tcpdump says it. RFC 9293; options: RFC 9293 §3.2, RFC 2018, RFC 7323, RFC 7413. */
import { TCP, type Packet, type TcpHeader } from "../protocol/packet/decode.ts";

/** tcpdump's letters, from the lowest bit on. */
const FLAGS = ["F", "S", "R", "P", ".", "U", "E", "W"];

/** `S`, `S.`, `P.`; `none` where none is set. */
export function formatFlags(flags: number): string {
  return FLAG_TEXTS[flags & 0xff] ?? "none";
}

const FLAG_TEXTS: readonly string[] = Array.from(
  { length: 256 },
  (_, flags) => FLAGS.filter((_letter, bit) => (flags & (1 << bit)) !== 0).join("") || "none",
);

/** Where both ends of a conversation began to count. */
interface Start {
  readonly forward: number;
  readonly backward: number;
}

/** Conversations whose start is remembered; the oldest is forgotten. */
const MAX_STARTS = 65_536;

/** Sequence numbers from the conversation's start on, as tcpdump counts them. */
export class RelativeNumbers {
  readonly #starts = new Map<string, Start>();

  /** What to subtract from this packet's own numbers, and from those it acknowledges. */
  of(source: string, destination: string, tcp: TcpHeader): readonly [own: number, other: number] {
    if ((tcp.flags & TCP.ack) === 0) return [0, 0];
    const here = `${source} ${tcp.sourcePort}`;
    const there = `${destination} ${tcp.destinationPort}`;
    const isForward = here < there;
    const key = isForward ? `${here} ${there}` : `${there} ${here}`;
    const known = this.#starts.get(key);
    if (known && (tcp.flags & TCP.syn) === 0)
      return isForward ? [known.forward, known.backward] : [known.backward, known.forward];
    const own = tcp.sequence;
    const other = (tcp.acknowledgment - 1) >>> 0;
    const [oldest] = this.#starts.size >= MAX_STARTS ? this.#starts.keys() : [];
    if (oldest !== undefined) this.#starts.delete(oldest);
    this.#starts.set(
      key,
      isForward ? { forward: own, backward: other } : { forward: other, backward: own },
    );
    return [0, 0];
  }
}

/** `Flags [P.], seq 1:19, ack 1, win 65535, length 18` */
export function tcpText(
  { payloadLength: length }: Packet,
  tcp: TcpHeader,
  [own, other]: readonly [number, number],
  { verbose, checksum }: { verbose: number; checksum: string },
): string {
  const { flags, sequence, acknowledgment, window, urgent, options } = tcp;
  let text = `Flags [${formatFlags(flags)}]`;
  if (checksum !== "") text += `, ${checksum}`;
  if (verbose > 1 || length > 0 || (flags & (TCP.syn | TCP.fin | TCP.rst)) !== 0) {
    const seq = (sequence - own) >>> 0;
    text += length > 0 ? `, seq ${seq}:${(seq + length) >>> 0}` : `, seq ${seq}`;
  }
  if (flags & TCP.ack) text += `, ack ${(acknowledgment - other) >>> 0}`;
  text += `, win ${window}`;
  if (flags & TCP.urg) text += `, urg ${urgent}`;
  if (options.length > 0) text += `, options [${[...optionTexts(options, other)].join(",")}]`;
  return `${text}, length ${length}`;
}

function* optionTexts(options: Buffer, start: number): Generator<string> {
  for (let at = 0; at < options.length;) {
    const kind = options[at] ?? 0;
    if (kind < 2) {
      yield kind === 0 ? "eol" : "nop";
      if (kind === 0) return;
      at += 1;
      continue;
    }
    const length = options[at + 1] ?? 0;
    if (length < 2 || at + length > options.length) return yield "[bad opt]";
    yield optionText(kind, options.subarray(at + 2, at + length), start);
    at += length;
  }
}

function optionText(kind: number, value: Buffer, start: number): string {
  const hex = value.toString("hex");
  switch (kind) {
    case 2:
      return value.length === 2 ? `mss ${value.readUInt16BE(0)}` : `mss 0x${hex}`;
    case 3:
      return `wscale ${value[0] ?? 0}`;
    case 4:
      return "sackOK";
    case 5:
      return sackText(value, start);
    case 8:
      return value.length === 8
        ? `TS val ${value.readUInt32BE(0)} ecr ${value.readUInt32BE(4)}`
        : `TS 0x${hex}`;
    case 34:
      return value.length === 0 ? "tfo  cookiereq" : `tfo  cookie ${hex}`;
    default:
      return `unknown-${kind}${hex === "" ? "" : ` 0x${hex}`}`;
  }
}

/** RFC 2018 §3. The other side's numbers are acknowledged, from its start on. */
function sackText(value: Buffer, start: number): string {
  const blocks = Math.floor(value.length / 8);
  const pairs = Array.from({ length: blocks }, (_, index) => {
    const [from, to] = [value.readUInt32BE(index * 8), value.readUInt32BE(index * 8 + 4)];
    return `{${(from - start) >>> 0}:${(to - start) >>> 0}}`;
  });
  return `sack ${blocks} ${pairs.join("")}`;
}
