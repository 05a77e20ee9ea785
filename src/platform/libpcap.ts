/** Where libpcap is on each system, and what it takes to capture. */
import { isWindows } from "./limits.ts";

export interface LibpcapPlaces {
  /** What to try, in order. */
  readonly names: readonly string[];
  /** What is the matter where none of them is there, as the end of a sentence. */
  readonly state: string;
  /** How it is had. */
  readonly hint: string;
}

export function libpcapPlaces(system: NodeJS.Platform = process.platform): LibpcapPlaces {
  switch (system) {
    case "win32":
      return {
        // By whole paths: Npcap's folder is on no search path, and its Packet.dll is found beside it.
        names: [
          "C:\\Windows\\System32\\Npcap\\wpcap.dll",
          "\\Windows\\System32\\Npcap\\wpcap.dll",
          "C:\\Windows\\System32\\wpcap.dll",
        ],
        state: "Npcap's wpcap.dll is not there",
        hint: "install Npcap from npcap.com, or read a file: ncx capture -r FILE",
      };
    case "darwin":
      return {
        names: [
          "/usr/lib/libpcap.A.dylib",
          "libpcap.A.dylib",
          "libpcap.dylib",
          "/opt/homebrew/opt/libpcap/lib/libpcap.dylib",
          "/usr/local/opt/libpcap/lib/libpcap.dylib",
        ],
        state: "libpcap cannot be loaded, though macOS has it",
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
export function captureRight(system: NodeJS.Platform = process.platform): string {
  switch (system) {
    case "win32":
      return "it needs an administrator, where Npcap was installed for them alone";
    case "linux":
      return "it needs CAP_NET_RAW: use sudo, or sudo setcap cap_net_raw+ep $(readlink -f $(which node))";
    default:
      return "it needs the right to open /dev/bpf*: use sudo";
  }
}

/**
 * Whether the kernel hands over each packet of a device twice, on its way out and in, of which libpcap passes on the
 * second alone: Linux's loopback device.
 */
export function isSeenTwice(device: string, system: NodeJS.Platform = process.platform): boolean {
  return system === "linux" && device === "lo";
}

/** Bytes of C's `long`, which both parts of a packet's time are. */
export function longSize(): 4 | 8 {
  return isWindows() ? 4 : 8;
}
