/** Options of `ncx free-port`. */
import type { Option } from "./option.ts";

export const freePortOptions: readonly Option[] = [
  {
    name: "count",
    letters: { "free-port": "c" },
    type: "integer",
    placeholder: "N",
    min: 1,
    max: 1000,
    default: "1",
    group: "Ports",
    modes: ["free-port"],
    help: "So many different ports, one a line",
  },
  {
    name: "range",
    letters: { "free-port": "r" },
    type: "text",
    placeholder: "A-B",
    group: "Ports",
    modes: ["free-port"],
    help: "Ports of this range only: 8000-8100",
  },
  {
    name: "host",
    type: "text",
    placeholder: "ADDRESS",
    default: "every address",
    group: "Addresses",
    modes: ["free-port"],
    help: "Free on this address is enough",
  },
  {
    name: "hold",
    type: "flag",
    group: "Mode",
    modes: ["free-port"],
    help: "Without a command: keep them until ^C or the end of stdin",
  },
  {
    name: "json",
    field: "jsonEvents",
    type: "flag",
    group: "Response",
    modes: ["free-port"],
    help: "Print them as a JSON array",
  },
];
