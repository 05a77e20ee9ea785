/** Whether libpcap is there, whether this process may capture on lo, and why not. */
import { NcxError } from "../../src/core/errors.ts";
import { openLive } from "../../src/transport/libpcap.ts";

const failure: unknown = await tryToCapture();

export const CAPTURE_FAILURE: string | undefined =
  failure === undefined ? undefined : failure instanceof Error ? failure.message : String(failure);

export const HAS_LIBPCAP: boolean = !(
  failure instanceof NcxError && failure.code === "UNSUPPORTED"
);

async function tryToCapture(): Promise<unknown> {
  try {
    const options = { device: "lo", filter: "udp port 9", snaplen: 64, buffer: 1 << 20 };
    (await openLive({ ...options, promiscuous: false })).close();
    return undefined;
  } catch (error) {
    return error;
  }
}
