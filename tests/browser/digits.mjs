// The page of a digits run: what is drawn is classified as wann eval classifies it.
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { address, check, quiet, runTests, sleep, wann } from "./check.mjs";

const weights = [-2, -1, -0.5, 0.5, 1, 2];
const ready = "wann.then((page) => !!page.live)";
const shots = process.env.WANN_SHOTS;
if (!existsSync(`${process.env.WANN_DATA}/digits/digits.csv`)) {
  console.log("skipped: the digits are not there (test data_get fetches them)");
  process.exit(77);
}
wann("search", "digits", "--population", "60", "--generations", "120", "--seed", "2", "--quiet", "-o", "run");
wann("report", "run", "--quiet", "-o", "digits.html");

// Strokes in fractions of the paper: a circle, a line, a hook and a cross.
const arc = (x, y, r, from, to) => Array.from({ length: 20 }, (_, i) => { const a = from + ((to - from) * i) / 19; return [x + r * Math.cos(a), y + 1.4 * r * Math.sin(a)]; });
const drawings = {
  circle: [arc(0.5, 0.5, 0.2, 0, 2 * Math.PI)],
  line: [[[0.5, 0.2], [0.5, 0.8]]],
  seven: [[[0.3, 0.25], [0.7, 0.25], [0.45, 0.8]]],
  four: [[[0.4, 0.2], [0.3, 0.55], [0.7, 0.55]], [[0.6, 0.3], [0.6, 0.8]]],
};

async function draw(page, strokes) {
  const box = await page.place("#paper"), at = ([x, y]) => [box.x + x * box.width, box.y + y * box.width];
  await page.run("document.getElementById('clear').click()");
  for (const stroke of strokes) {
    await page.mouse("mousePressed", ...at(stroke[0]));
    for (const point of stroke) await page.mouse("mouseMoved", ...at(point));
    await page.mouse("mouseReleased", ...at(stroke.at(-1)), 0);
  }
  await page.run("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))");
}

// The same input as a table of one row, labelled with what the page takes it for.
async function classifies(browser) {
  const page = await browser.page(address("digits.html")), verdicts = new Set();
  await page.run(ready);
  for (const [name, strokes] of Object.entries(drawings)) {
    await draw(page, strokes);
    const { input, columns, mean } = await page.run("wann.then(({ live }) => ({ input: live.input, ...live.classify(live.input) }))");
    const verdict = mean.indexOf(Math.max(...mean));
    verdicts.add(verdict);
    check((await page.run("document.getElementById('verdict').textContent")).endsWith(String(verdict)), `the ${name} is shown as a ${verdict}`);
    writeFileSync("row.csv", `${input.join(",")},${verdict}\n`);
    const expected = JSON.parse(wann("eval", "run/best.json", "--task", "classify:row.csv", "--option", "classes=0,1,2,3,4,5,6,7,8,9", `--weights=${weights}`, "--json"));
    check(expected.ensemble.accuracy === 1, `wann eval takes the ${name} for a ${verdict} as well`);
    const far = columns.map((column, i) => Math.abs(Math.log(column[verdict]) - expected.rewards[i]));
    check(Math.max(...far) < 1e-9 && Math.abs(Math.log(mean[verdict]) + expected.ensemble.loss) < 1e-9, `with the same probabilities for each weight and for all together (${Math.max(...far).toExponential(1)})`);
  }
  check(verdicts.size > 1, `drawings are taken for ${verdicts.size} different digits`);
  check(statSync("digits.html").size < 1e6, `the page has ${statSync("digits.html").size} bytes`);
  quiet(page, "digits.html");
  await page.close();
}

async function showsSamples(browser) {
  const page = await browser.page(address("digits.html"));
  let right = 0;
  await page.run(ready);
  for (let i = 0; i < 20; i++) {
    await page.run("document.getElementById('sample').click()");
    await page.run("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))");
    const [, said, is] = (await page.run("document.getElementById('verdict').textContent")).match(/together: (\d); it is (\d)/);
    right += said === is;
  }
  check(right >= 5, `${right} of 20 digits of the test set are recognised`);
  if (shots) await page.picture(`${shots}/digits-desktop.png`);
  await page.close();
  if (!shots) return;
  const phone = await browser.page(address("digits.html"), { width: 390, height: 844, scale: 2 });
  await phone.run(ready);
  await draw(phone, drawings.four);
  await sleep(500);
  await phone.picture(`${shots}/digits-phone.png`);
  await phone.close();
}

// MNIST's preprocessing in the page against golden data, which is not in this tree.
async function straightens(browser) {
  const golden = `${process.env.WANN_REFERENCE ?? `${process.env.WANN_SOURCE}/../shared/reference`}/mnist`;
  if (!existsSync(`${golden}/raw28x28.csv`)) return console.log("       no golden data of MNIST: the straightening in the page was not compared");
  const rows = (file) => readFileSync(`${golden}/${file}`, "utf8").trim().split("\n").map((line) => line.split(",").map(Number)).filter((row) => row.every(Number.isFinite));
  const raw = rows("raw28x28.csv"), expected = rows("preprocessed.csv");
  const page = await browser.page(address("digits.html"));
  await page.run(ready);
  let equal = 0;
  for (let i = 0; i < raw.length; i++) {
    const made = await page.run(`wann.then(({ live }) => live.prepare(${JSON.stringify(raw[i].slice(-784))}))`);
    equal += made.every((value, k) => Math.abs(value - expected[i].slice(-256)[k]) < 1e-8);
  }
  check(raw.length > 0 && equal === raw.length, `${equal} of ${raw.length} digits of MNIST are straightened as published, to all digits of the golden file`);
  await page.close();
}

async function withoutWasm(browser) {
  const page = await browser.page(address("digits.html"), { before: "delete globalThis.WebAssembly" });
  await page.run("wann.then(() => 1)");
  check(/does not run WebAssembly/.test(await page.run("document.getElementById('problem').innerText")), "a browser without WebAssembly is told so");
  check(await page.run("(() => { const sheet = document.querySelector('#recording img'); return sheet.checkVisibility() && sheet.complete && sheet.naturalWidth > 100; })()"), "and shows digits with what they were taken for");
  await page.close();
}

await runTests([classifies, showsSamples, straightens, withoutWasm]);
