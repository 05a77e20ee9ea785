/** The records of DTLS as they lie in a datagram. RFC 6347 §4.1; no cryptography, no sockets. */

/** Type, version, epoch, sequence number, length. */
export const RECORD_HEADER = 13;

const HANDSHAKE = 22;

/**
 * Cuts a run of records into datagrams of at most `limit` bytes, records whole: as many to a datagram as fit, and one
 * alone where it is longer. What is no whole record at the end goes along as it is.
 */
export function packRecords(bytes: Buffer, limit: number): Buffer[] {
  const datagrams: Buffer[] = [];
  let start = 0;
  for (let at = 0; at < bytes.length;) {
    const next = Math.min(at + recordLength(bytes, at), bytes.length);
    if (next - start > limit && at > start) {
      datagrams.push(bytes.subarray(start, at));
      start = at;
    }
    at = next;
  }
  if (start < bytes.length) datagrams.push(bytes.subarray(start));
  return datagrams;
}

function recordLength(bytes: Buffer, at: number): number {
  const left = bytes.length - at;
  return left < RECORD_HEADER ? left : RECORD_HEADER + bytes.readUInt16BE(at + 11);
}

/** Whether a datagram starts as a client's first one does: a handshake record of DTLS, in the first epoch. */
export function isHello(datagram: Buffer): boolean {
  return (
    datagram.length > RECORD_HEADER &&
    datagram[0] === HANDSHAKE &&
    // RFC 6347 §4.1: the version is the complement of 1.x; 0xfe is every DTLS there is.
    datagram[1] === 0xfe &&
    datagram.readUInt16BE(3) === 0
  );
}
