/** The capture room: what passes on the wire? */
export { capture, captureInBatches } from "./capture.ts";
export type { CaptureOptions, CaptureSource } from "./options.ts";
export { makeLines, type LineStyle } from "./line.ts";
export { formatFlags } from "./_tcp-line.ts";
export type { Stamp } from "./_stamp.ts";
export { asciiText, hexLines } from "./dump.ts";
export { Follower, type Piece, type Place } from "./follow.ts";
export { NUMBERS, SystemNames, type Names } from "./names.ts";
export { captureDevices, type CaptureDevice } from "../transport/libpcap.ts";
export { decodePacket, type Packet } from "../protocol/packet/decode.ts";
export type { RawPacket } from "../protocol/capture/record.ts";
export {
  makeCaptureWriter,
  type CaptureCounts,
  type CaptureFormat,
  type CaptureWriter,
} from "../protocol/capture/writer.ts";
