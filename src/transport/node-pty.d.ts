/** What ncx uses of node-pty, which may be absent when ncx is built. */
declare module "node-pty" {
  export interface IPty {
    readonly pid: number;
    onData(listener: (data: string) => void): unknown;
    onExit(listener: (exit: { exitCode: number; signal?: number }) => void): unknown;
    write(data: string | Buffer): void;
    resize(columns: number, rows: number): void;
    pause(): void;
    resume(): void;
    kill(signal?: string): void;
  }
  interface SpawnOptions {
    name?: string;
    cols?: number;
    rows?: number;
    cwd?: string;
    env?: Readonly<Record<string, string | undefined>>;
    /** null: bytes. */
    encoding?: string | null;
  }
  export function spawn(file: string, args: readonly string[], options: SpawnOptions): IPty;
}

/** A build of it for those who have no compiler. */
declare module "@lydell/node-pty" {
  import type { spawn as spawnPty } from "node-pty";
  export const spawn: typeof spawnPty;
}
