/** When a packet came, as tcpdump writes it. */
import type { RawPacket } from "../protocol/capture/record.ts";

/** tcpdump's: (none) time of day, -t nothing, -tt seconds, -ttt since the last, -tttt with the date, -ttttt since the first. */
export type Stamp = "time" | "none" | "epoch" | "delta" | "date" | "since";

/** Writes the times of one capture's packets, in their order. Ends with a space, or is empty. */
export function makeClock(stamp: Stamp): (packet: RawPacket) => string {
  let base: bigint | undefined;
  // Of most packets it is that of the packet before.
  let second = NaN;
  let written = "";
  const once = (seconds: number, write: (seconds: number) => string): string => {
    if (seconds !== second) written = write(seconds);
    second = seconds;
    return written;
  };
  return (packet) => {
    const { seconds } = packet;
    switch (stamp) {
      case "none":
        return "";
      case "time":
        return `${once(seconds, ofDay)}.${fraction(packet)} `;
      case "epoch":
        return `${seconds}.${fraction(packet)} `;
      case "date":
        return `${once(seconds, withDate)}.${fraction(packet)} `;
      case "delta":
      case "since": {
        const micros = BigInt(seconds) * 1_000_000n + BigInt(Math.floor(packet.nanoseconds / 1000));
        const passed = micros - (base ?? micros);
        if (base === undefined || stamp === "delta") base = micros;
        return `${elapsed(passed)} `;
      }
    }
  };
}

function fraction({ nanoseconds }: RawPacket): string {
  return String(Math.floor(nanoseconds / 1000)).padStart(6, "0");
}

function two(value: number | bigint): string {
  return String(value).padStart(2, "0");
}

/** In the local time zone, as every program of this kind. */
function ofDay(seconds: number): string {
  const time = new Date(seconds * 1000);
  if (Number.isNaN(time.getTime())) return `${seconds}`;
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

function withDate(seconds: number): string {
  const time = new Date(seconds * 1000);
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${date} ${ofDay(seconds)}`;
}

function elapsed(micros: bigint): string {
  const positive = micros < 0n ? -micros : micros;
  const seconds = positive / 1_000_000n;
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map(two).join(":");
  return `${micros < 0n ? "-" : " "}${parts}.${String(positive % 1_000_000n).padStart(6, "0")}`;
}
