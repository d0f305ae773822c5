// What the browser's tests share: counting what fails, running wann, waiting.
import { execFileSync } from "node:child_process";
import { Browser } from "./chromium.mjs";

let failures = 0;
export function check(fine, what) {
  if (!fine) failures++;
  console.log(`${fine ? "ok    " : "failed"} ${what}`);
}

export const wann = (...words) => execFileSync(`${process.env.WANN_BIN}/wann`, words, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const address = (file) => `file://${process.cwd()}/${file}`;

// Until an expression of the page is true.
export async function until(page, expression, what) {
  for (const end = Date.now() + 60000; Date.now() < end; await sleep(50)) if (await page.run(expression)) return;
  check(false, `waited in vain: ${what}`);
}

// Rows of a CSV file with a header, as numbers.
export const table = (text) => text.trim().split("\n").slice(1).map((line) => line.split(",").map(Number));

export function same(a, b) {
  return a.length === b.length && a.every((row, i) => row.length === b[i].length && row.every((x, k) => Object.is(x, b[i][k])));
}

// Nothing was complained of, and nothing was fetched but the page itself.
export function quiet(page, what) {
  check(page.problems.length === 0, `${what}: nothing in the console ${page.problems.join("; ")}`);
  const others = page.requests.filter((url) => !url.startsWith("data:") && !url.startsWith("file:"));
  check(others.length === 0 && page.requests.filter((url) => url.startsWith("file:")).length === 1, `${what}: asks for nothing but itself ${others.join(" ")}`);
}

export async function runTests(tests) {
  const browser = await Browser.open();
  if (!browser) {
    console.log("skipped: no Chromium (Debian package: chromium)");
    process.exit(77);
  }
  try {
    for (const test of tests) await test(browser);
  } catch (error) {
    check(false, error.stack);
  } finally {
    await browser.close();
  }
  process.exit(failures ? 1 : 0);
}
