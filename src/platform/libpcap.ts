/** Where libpcap is on this system, and what it takes to capture. */

export interface LibpcapPlaces {
  /** What to try, in order; none where there is no way. */
  readonly names: readonly string[];
  /** Why there is none, as the end of a sentence. */
  readonly state: string;
  readonly hint: string;
}

export function libpcapPlaces(): LibpcapPlaces {
  switch (process.platform) {
    case "win32":
      return {
        names: [],
        state: "there is no live capture on Windows",
        hint: "write a file with Wireshark's dumpcap, and read it: ncx capture -r FILE",
      };
    case "darwin":
      return {
        names: ["/usr/lib/libpcap.A.dylib", "libpcap.dylib"],
        state: "libpcap cannot be loaded",
        hint: "brew install libpcap",
      };
    default:
      return {
        names: ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so"],
        state: "libpcap is not there",
        hint: "apt install libpcap0.8 (Fedora: dnf install libpcap; Alpine: apk add libpcap)",
      };
  }
}

/** How a user comes by the right to capture, in a few words. */
export function captureRight(): string {
  return process.platform === "linux"
    ? "it needs CAP_NET_RAW: use sudo, or sudo setcap cap_net_raw+ep $(readlink -f $(which node))"
    : "it needs the right to open /dev/bpf*: use sudo";
}
