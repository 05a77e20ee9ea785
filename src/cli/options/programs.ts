/** Options of programs that a connection is given to. */
import { CLASSIC, type Option } from "./option.ts";

export const programOptions: readonly Option[] = [
  {
    name: "exec",
    letter: "e",
    type: "text",
    placeholder: "COMMAND",
    group: "Programs",
    modes: CLASSIC,
    help: "Run a program for the connection, without a shell",
  },
  {
    name: "sh-exec",
    letter: "c",
    type: "text",
    placeholder: "COMMAND",
    group: "Programs",
    modes: CLASSIC,
    help: "Run a line of the shell for the connection",
  },
  {
    name: "lua-exec",
    type: "text",
    placeholder: "FILE",
    group: "Programs",
    modes: CLASSIC,
    help: "Run a Lua script for the connection",
  },
  {
    name: "pty",
    type: "flag",
    group: "Programs",
    modes: CLASSIC,
    help: "Give the program a terminal: --pty -e bash",
  },
  {
    name: "exit-from-child",
    type: "flag",
    group: "Programs",
    modes: CLASSIC,
    help: "Exit with the program's exit code",
  },
  {
    name: "record",
    type: "text",
    placeholder: "FILE",
    group: "Programs",
    modes: CLASSIC,
    help: "With --pty: an asciinema recording of each session",
  },
];
