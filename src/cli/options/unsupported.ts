/** Options that are known, and refused or without effect: each says why. */
import { CLASSIC, NETWORK, type Option } from "./option.ts";

export const unsupportedOptions: readonly Option[] = [
  {
    name: "socket-debug",
    does: "Debugging of the socket (SO_DEBUG)",
    type: "flag",
    modes: CLASSIC,
    ignored: "Node cannot set SO_DEBUG",
  },

  {
    name: "nsock-engine",
    does: "Which way of polling to use",
    type: "text",
    modes: CLASSIC,
    ignored: "Node has one event loop of its own",
  },
  { name: "script", type: "text", modes: CLASSIC, later: true },
  { name: "remote-forward", letter: "R", type: "list", modes: NETWORK, later: true },
  { name: "dynamic-forward", letter: "D", type: "list", modes: NETWORK, later: true },

  {
    name: "pass-fd",
    does: "Pass the connected socket to the parent, and exit",
    letter: "F",
    type: "flag",
    modes: CLASSIC,
    refused: "Node cannot pass a descriptor to another process by sendmsg",
  },
  {
    name: "tcp-md5",
    does: "TCP MD5 signatures (RFC 2385)",
    letter: "S",
    type: "flag",
    modes: CLASSIC,
    refused: "Node cannot sign TCP segments (RFC 2385)",
  },
  {
    name: "dccp",
    does: "DCCP instead of TCP",
    letter: "Z",
    type: "flag",
    modes: CLASSIC,
    refused: "Node has no DCCP sockets",
  },
  {
    name: "sctp",
    does: "SCTP instead of TCP",
    type: "flag",
    modes: NETWORK,
    refused: "Node has no SCTP sockets",
  },
  {
    name: "vsock",
    does: "Vsock instead of TCP",
    type: "flag",
    modes: NETWORK,
    refused: "Node has no vsock sockets",
  },
  {
    name: "source-route",
    does: "Source route through these hops",
    letter: "g",
    type: "text",
    modes: CLASSIC,
    refused: "Node cannot set the IP options of source routing",
  },
  {
    name: "source-route-pointer",
    does: "Where the source route's pointer stands",
    type: "text",
    modes: CLASSIC,
    refused: "Node cannot set the IP options of source routing",
  },
  {
    name: "min-ttl",
    does: "Drop packets whose hop limit is lower",
    type: "text",
    modes: CLASSIC,
    refused: "Node cannot ask the system to drop packets by their hop limit",
  },
  {
    name: "routing-table",
    does: "The routing table to use",
    type: "text",
    modes: CLASSIC,
    refused: "Node cannot choose a routing table",
  },
  {
    name: "all-records",
    does: "Nothing; it was meant to print every DNS record",
    type: "flag",
    modes: CLASSIC,
    refused: "traditional netcat never got to it either",
  },
];
