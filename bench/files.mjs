/** Large files in memory, gone when the benchmark ends. */
import { randomBytes } from "node:crypto";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";

const BLOCK = 1_000_000;
let folder;

/** A file of this many bytes, made once. */
export function sourceFile(bytes) {
  const file = join(memoryFolder(), `source-${bytes}`);
  if (statSync(file, { throwIfNoEntry: false })?.size === bytes) return file;
  const block = randomBytes(BLOCK);
  const fd = openSync(file, "w");
  for (let written = 0; written < bytes; written += BLOCK) writeSync(fd, block);
  closeSync(fd);
  return file;
}

export function targetFile() {
  return join(memoryFolder(), "target");
}

function memoryFolder() {
  if (folder) return folder;
  folder = mkdtempSync("/dev/shm/ncx-bench-");
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
