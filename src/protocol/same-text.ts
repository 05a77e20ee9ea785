/** Secrets compared in a time that says nothing about them. */
import { createHash, timingSafeEqual } from "node:crypto";

/** Compares by hashes of one length, so that the time is the same for every difference. */
export function sameText(one: string | Uint8Array, other: string | Uint8Array): boolean {
  const digest = (text: string | Uint8Array): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
