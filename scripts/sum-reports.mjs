/**
 * Sums test runs up in one line: `node scripts/sum-reports.mjs NAME=EXIT[:REPORT] …`.
 *
 * EXIT is the exit code of a run and REPORT the JSON report that vitest should have written; a step without a report
 * counts only when it failed. Prints the failures, then `N passed, N failed`; exits 1 unless all is well.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * @typedef {{ passed: number; failures: string[] }} Sum
 * @param {string} name
 * @param {number} exitCode
 * @param {unknown} [report] the parsed report; undefined where none was written
 * @returns {Sum}
 */
export function sumRun(name, exitCode, report) {
  const files = report?.testResults;
  if (!Array.isArray(files)) return { passed: 0, failures: [`${name}: no report`] };
  const passed = files
    .flatMap((file) => file.assertionResults)
    .filter(({ status }) => status === "passed").length;
  const failures = files.flatMap(failuresOf).map((failure) => `${name}: ${failure}`);
  if (passed === 0 && failures.length === 0) failures.push(`${name}: no test ran`);
  // An uncaught error, or a run that was killed: no test of the report has failed.
  if (exitCode !== 0 && failures.length === 0) failures.push(`${name}: exit code ${exitCode}`);
  return { passed, failures };
}

/** A file can fail while no test of it does: its import, or a check after its tests. */
function failuresOf({ name, status, message, assertionResults }) {
  const failed = assertionResults.filter((test) => test.status === "failed");
  if (failed.length === 0) return status === "failed" ? [`${name}\n${message}`] : [];
  return failed.map((test) => `${name} > ${test.fullName}\n${test.failureMessages.join("\n")}`);
}

function sumArgument(argument) {
  const [, name, exit, path] = /^([^=]+)=(\d+)(?::(.*))?$/.exec(argument) ?? [];
  if (name === undefined)
    return { passed: 0, failures: [`Cannot parse "${argument}": use NAME=EXIT[:REPORT]`] };
  if (path !== undefined) return sumRun(name, Number(exit), readReport(path));
  return { passed: 0, failures: exit === "0" ? [] : [`${name}: exit code ${exit}`] };
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined; // Missing or cut short: both count as a failure.
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sums = process.argv.slice(2).map(sumArgument);
  const failures = sums.flatMap((sum) => sum.failures);
  const passed = sums.reduce((total, sum) => total + sum.passed, 0);
  if (failures.length) console.log(`${failures.join("\n\n")}\n`);
  console.log(`${passed} passed, ${failures.length} failed`);
  process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;
}
