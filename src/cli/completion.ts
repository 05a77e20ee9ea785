/**
 * Tab completion: a script for each shell, made from the table. It holds every word itself, so that a TAB starts no
 * node: the options of the mode that the line is in, the values of a choice, files, modes and shells.
 */
import { quote } from "../core/errors.ts";
import type { Mode } from "./args.ts";
import { letterOf, shownOptions } from "./manual.ts";
import { takesValue } from "./options/index.ts";
import type { Option } from "./options/index.ts";
import { cannot } from "./usage.ts";

export const SHELLS: readonly string[] = ["bash", "zsh", "fish", "powershell"];

const MODES: readonly (readonly [mode: Mode, help: string])[] = [
  ["listen", "wait for a connection"],
  ["connect", "make a connection"],
  ["relay", "forward a local port to another place"],
  ["http", "one HTTP request"],
  ["completion", "print this shell's completion"],
  ["doctor", "explain another netcat's command line"],
  ["ports", "who listens, and who is connected"],
  ["services", "names and ports of services"],
  ["wait", "wait until places answer, then run a command"],
  ["free-port", "a port that nobody has"],
  ["scan", "which ports are open?"],
  ["capture", "what passes on the wire"],
  ["telnet", "talk to a telnet server"],
];
const WORDS: string = MODES.map(([mode]) => mode).join(" ");

/**
 * The script of a shell.
 *
 * @throws {NcxError} USAGE when it is none of SHELLS.
 */
export function completionScript(shell: string): string {
  switch (shell) {
    case "bash":
      return bash();
    case "zsh":
      return zsh();
    case "fish":
      return fish();
    case "powershell":
    case "pwsh":
      return powershell();
    default:
      throw cannot(
        `complete for ${quote(shell)}`,
        "not a shell that ncx knows",
        `use ${SHELLS.join(", ")}`,
      );
  }
}

function bash(): string {
  return `# bash completion for ncx: source <(ncx completion bash)
_ncx() {
  local word mode=connect first= cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  # Where "=" breaks words, an option and its value are three of them.
  [[ $cur == "=" ]] && cur= && prev=\${COMP_WORDS[COMP_CWORD-1]}
  [[ $prev == "=" ]] && prev=\${COMP_WORDS[COMP_CWORD-2]}
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      -*) ;;
      ${WORDS.replaceAll(" ", "|")}) mode=$word; first=$word; break ;;
      *) first=$word; break ;;
    esac
  done
  case $mode:$prev in
${MODES.map(([mode]) => valueCases(mode, bashValues, "    ")).join("")}  esac
  if [[ $cur == -* ]]; then
    case $mode in
${MODES.map(([mode]) => `      ${mode}) COMPREPLY=($(compgen -W "${spellings(mode).join(" ")}" -- "$cur")) ;;\n`).join("")}    esac
    return
  fi
  if [[ $mode == completion ]]; then
    COMPREPLY=($(compgen -W "${SHELLS.join(" ")}" -- "$cur"))
  elif [[ -z $first ]]; then
    COMPREPLY=($(compgen -W "${WORDS}" -- "$cur") $(compgen -A hostname -- "$cur"))
  else
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -o bashdefault -o filenames -F _ncx ncx
`;
}

/** One `case` branch for each kind of value that a mode's options take: files, choices, or nothing to offer. */
function valueCases(mode: Mode, offer: (row: Option) => string, indent: string): string {
  const branches = new Map<string, string[]>();
  for (const row of rowsOf(mode).filter(takesValue)) {
    const action = offer(row);
    const patterns = spellingsOf(row, mode).map((spelling) => `${mode}:${spelling}`);
    branches.set(action, [...(branches.get(action) ?? []), ...patterns]);
  }
  return [...branches]
    .map(([action, patterns]) => `${indent}${patterns.join("|")})\n${indent}  ${action} ;;\n`)
    .join("");
}

function bashValues(row: Option): string {
  if (row.choices) return `COMPREPLY=($(compgen -W "${row.choices.join(" ")}" -- "$cur")); return`;
  return row.placeholder === "FILE"
    ? `COMPREPLY=($(compgen -f -- "$cur")); return`
    : "COMPREPLY=(); return";
}

function zsh(): string {
  return `#compdef ncx
# zsh completion for ncx: source <(ncx completion zsh), after compinit
_ncx() {
  local word mode=connect first=
  for word in \${words[2,CURRENT-1]}; do
    case $word in
      -*) ;;
      ${WORDS.replaceAll(" ", "|")}) mode=$word; first=$word; break ;;
      *) first=$word; break ;;
    esac
  done
  local -a modes=(
${MODES.map(([mode, help]) => `    ${shQuote(`${mode}:${help}`)}\n`).join("")}  )
  local -a options=()
  case $mode in
${MODES.map(([mode]) => `    ${mode})\n      options=(\n${zshOptions(mode)}      ) ;;\n`).join("")}  esac
  if [[ $mode == completion ]]; then
    _arguments -s $options '*:shell:(${WORDS} ${SHELLS.join(" ")})'
  elif [[ -z $first && $words[CURRENT] != -* && $words[CURRENT-1] != -* ]]; then
    _describe -t modes mode modes
    _hosts
  else
    _arguments -s $options '*:operand:_files'
  fi
}
if [[ $funcstack[1] == _ncx ]]; then _ncx "$@"; else compdef _ncx ncx; fi
`;
}

function zshOptions(mode: Mode): string {
  return rowsOf(mode)
    .flatMap((row) => spellingsOf(row, mode).map((spelling) => [row, spelling] as const))
    .map(([row, spelling]) => {
      // A list and a count may stand more than once.
      const repeat = row.type === "list" || row.type === "count" ? "*" : "";
      const help = (row.help ?? "").replace(/[[\]:\\]/g, "\\$&");
      const equals = takesValue(row) ? (spelling.startsWith("--") ? "=" : "+") : "";
      return `        ${shQuote(`${repeat}${spelling}${equals}[${help}]${zshValues(row)}`)}\n`;
    })
    .join("");
}

function zshValues(row: Option): string {
  if (!takesValue(row)) return "";
  const name = (row.placeholder ?? "value").replace(/[[\]:\\]/g, "\\$&");
  if (row.choices) return `:${name}:(${row.choices.join(" ")})`;
  return row.placeholder === "FILE" ? `:${name}:_files` : `:${name}: `;
}

function fish(): string {
  const lines = MODES.flatMap(([mode]) => rowsOf(mode).map((row) => fishOption(row, mode)));
  return `# fish completion for ncx: ncx completion fish > ~/.config/fish/completions/ncx.fish
function __ncx_mode --description 'The mode that the line is in'
    for word in (commandline -opc)[2..-1]
        switch $word
            case '-*'
            case ${WORDS}
                echo $word
                return
            case '*'
                break
        end
    end
    echo connect
end
function __ncx_first --description 'Whether there is no operand yet'
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; or return 1
    end
end
function __ncx_is
    test (__ncx_mode) = $argv[1]
end
complete -c ncx -e
${MODES.map(([mode, help]) => `complete -c ncx -f -n __ncx_first -a ${mode} -d ${shQuote(help)}\n`).join("")}complete -c ncx -f -n '__ncx_is completion' -a '${SHELLS.join(" ")}'
complete -c ncx -f -n __ncx_first -a '(__fish_print_hostnames)'
${lines.join("\n")}
`;
}

function fishOption(row: Option, mode: Mode): string {
  const letter = letterOf(row, mode);
  const parts = [`complete -c ncx -n '__ncx_is ${mode}'`, `-l ${row.name}`];
  if (letter !== undefined) parts.push(`-s ${letter}`);
  if (row.choices) parts.push(`-x -a '${row.choices.join(" ")}'`);
  else if (takesValue(row)) parts.push(row.placeholder === "FILE" ? "-r -F" : "-x");
  return `${parts.join(" ")} -d ${shQuote(row.help ?? "")}`;
}

function powershell(): string {
  return `# PowerShell completion for ncx: ncx completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName ncx -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $modes = [ordered]@{
${MODES.map(([mode, help]) => `    ${psQuote(mode)} = ${psQuote(help)}\n`).join("")}  }
  # Letters differ in case alone, so these tables have to heed it.
  $options = [System.Collections.Generic.Dictionary[string,object]]::new()
${MODES.map(([mode]) => psMode(mode)).join("")}  $before = @($commandAst.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
  $first = $before | Where-Object { $_ -notlike '-*' } | Select-Object -First 1
  $mode = if ($first -and $modes.Contains($first)) { $first } else { 'connect' }
  $entry = $null
  if ($before.Count -and $options[$mode].TryGetValue($before[-1], [ref]$entry) -and $entry.Takes) {
    if ($entry.Files) { return }
    $entry.Values | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
      [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }
    return
  }
  $words = if ($wordToComplete -like '-*') {
    $options[$mode].GetEnumerator() | ForEach-Object { , @($_.Key, $_.Value.Help) }
  } elseif ($mode -eq 'completion') {
    ${SHELLS.map((shell) => `, @(${psQuote(shell)}, ${psQuote(shell)})`).join("; ")}
  } elseif (-not $first) {
    $modes.GetEnumerator() | ForEach-Object { , @($_.Key, $_.Value) }
  }
  $words | Where-Object { $_ -and $_[0] -clike "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterName', $_[1])
  }
}
`;
}

function psMode(mode: Mode): string {
  const entries = rowsOf(mode).flatMap((row) =>
    spellingsOf(row, mode).map((spelling) => {
      const values = (row.choices ?? []).map(psQuote).join(", ");
      const takes = takesValue(row) ? "$true" : "$false";
      const files = row.placeholder === "FILE" ? "$true" : "$false";
      const entry = `@{ Help = ${psQuote(row.help ?? "")}; Takes = ${takes}; Files = ${files}; Values = @(${values}) }`;
      return `  $options['${mode}']['${spelling}'] = ${entry}\n`;
    }),
  );
  const table = `[System.Collections.Generic.Dictionary[string,object]]::new()`;
  return `  $options['${mode}'] = ${table}\n${entries.join("")}`;
}

function rowsOf(mode: Mode): readonly Option[] {
  return shownOptions(mode).flatMap(([, rows]) => rows);
}

function spellings(mode: Mode): readonly string[] {
  return rowsOf(mode).flatMap((row) => spellingsOf(row, mode));
}

function spellingsOf(row: Option, mode: Mode): readonly string[] {
  const letter = letterOf(row, mode);
  return letter === undefined ? [`--${row.name}`] : [`-${letter}`, `--${row.name}`];
}

/** For a POSIX shell and for fish. */
function shQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function psQuote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
