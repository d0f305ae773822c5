// The page of a swing-up run: live, equal to wann eval to the last bit, and usable by mouse and keyboard.
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { address, check, quiet, runTests, same, sleep, table, until, wann } from "./check.mjs";

const ready = "wann.then((page) => !!page.live)";
const shots = process.env.WANN_SHOTS;
const champion = `${process.env.WANN_SOURCE}/examples/champions/cartpole.json`; // it has tuned weights

wann("search", "swingup", "--population", "48", "--generations", "25", "--seed", "1", "--quiet", "-o", "run");
wann("report", "run", "--episodes", "4", "--quiet", "-o", "run.html");
wann("report", champion, "--task", "swingup", "--episodes", "4", "--quiet", "-o", "champion.html");

async function loads(browser) {
  const page = await browser.page(address("run.html"));
  check(await page.run(ready), "the page comes to life");
  for (const id of ["#world", "#trace", "#diagram svg", "#profile svg", ".plots figure:nth-child(3) svg", "table", "a[download]"])
    check(await page.run(`!!document.querySelector(${JSON.stringify(id)})`), `it has ${id}`);
  await until(page, "wann.then(({ live }) => live.steps > 20)", "the pole moves");
  quiet(page, "run.html");
  check(statSync("run.html").size < 1e6 && statSync("champion.html").size < 1e6, `pages of ${statSync("run.html").size} and ${statSync("champion.html").size} bytes are below 1 MB`);
  await page.close();
}

// The trajectory of a page in each mode against the one that wann writes.
async function agrees(browser) {
  const page = await browser.page(address("champion.html"));
  await page.run(ready);
  for (const [mode, words, setting] of [["shared", ["--weight", "0.85"], "policy.weight = 0.85"], ["shared", ["--weight=-1.3"], "policy.weight = -1.3"], ["tuned", ["--tuned"], "policy.mode = 'tuned'"]]) {
    wann("eval", champion, "--task", "swingup", "--portable", ...words, "--episodes", "1", "--seed", "5", "--trace", "trace.csv", "--quiet");
    const expected = table(readFileSync("trace.csv", "utf8")).map((row) => row.slice(1, 8));
    const trace = `wann.then(({ live }) => { const policy = live.policy; policy.mode = 'shared'; ${setting}; const compiled = [policy.shared, policy.tuned];
      if (INTERPRET) policy.shared = policy.tuned = null; const rows = live.trace(5, 1000); [policy.shared, policy.tuned] = compiled; return rows; })`;
    const compiled = await page.run(trace.replace("INTERPRET", "false")), interpreted = await page.run(trace.replace("INTERPRET", "true"));
    check(expected.length === 1000, `${words.join(" ")}: an episode of 1,000 steps`);
    check(same(compiled, expected), `${words.join(" ")}: compiled in the page, all bits of ${compiled.length} steps are those of wann eval --portable`);
    check(same(interpreted, expected), `${words.join(" ")}: interpreted in the page too`);
  }
  const speed = await page.run("wann.then(({ live }) => { live.policy.mode = 'shared'; return [live.policy.time([0, 0, -1, 0, 0]), !!live.policy.shared]; })");
  console.log(`       one inference of 57 connections in WebAssembly, ${speed[1] ? "compiled" : "interpreted"}: ${Math.round(speed[0])} ns`);
  check(speed[0] > 0, "a step of the policy is timed");
  quiet(page, "champion.html");
  await page.close();
}

const trace = "wann.then(({ live }) => live.trace(0, 300).map((row) => row[5]))";

async function slides(browser) {
  const page = await browser.page(address("run.html"));
  await page.run(ready);
  const before = await page.run(trace), weight = await page.run("document.getElementById('weight').value");
  await page.run("document.getElementById('weight').focus()");
  for (let i = 0; i < 30; i++) await page.key(weight > 0 ? "ArrowLeft" : "ArrowRight");
  const after = await page.run(trace), now = await page.run("wann.then(({ live }) => live.policy.weight)");
  check(Math.abs(Math.abs(now - weight) - 0.3) < 1e-9, `the slider goes from ${weight} to ${now}`);
  check(!same([before], [after]), "and the network then does something else");
  check((await page.run("document.getElementById('weight-value').textContent")) === String(now).replace("-", "−"), "its value is written beside it");
  await page.run("document.querySelector('input[value=random]').click()");
  check(!same([await page.run(trace)], [after]) && (await page.run("document.getElementById('weight').disabled")), "random weights are other ones");
  await page.close();
}

async function obeys(browser) {
  const page = await browser.page(address("run.html"));
  const state = () => page.run("wann.then(({ live }) => [live.steps, live.state[0], live.state[2], live.running, live.seed])");
  await page.run(ready);
  await until(page, "wann.then(({ live }) => live.steps > 5)", "it runs");
  await page.run("document.getElementById('pause').click()");
  const paused = await state();
  await sleep(200);
  check((await state())[0] === paused[0] && !paused[3], "pause stops it");
  await page.run("document.getElementById('step').click()");
  check((await state())[0] === paused[0] + 1, "step goes one step");
  const box = await page.place("#world"), x = box.x + box.width / 2 + (paused[1] * box.width) / 6;
  const scale = box.width / 6, rail = box.y + box.height * 0.62, [, cart, theta] = await state();
  const pole = { x: box.x + box.width / 2 + scale * (cart + 0.5 * Math.sin(theta)), y: rail - scale * 0.5 * Math.cos(theta) };
  await page.mouse("mousePressed", pole.x, pole.y);
  await page.mouse("mouseMoved", box.x + box.width / 2 + scale * (cart + 0.5), rail - 1);
  await page.mouse("mouseReleased", box.x + box.width / 2 + scale * (cart + 0.5), rail - 1, 0);
  check(Math.abs((await state())[2] - Math.PI / 2) < 0.05, "the mouse turns the pole to the right");
  await page.run("document.getElementById('world').focus()");
  await page.send("Input.dispatchKeyEvent", { type: "keyDown", key: "ArrowRight", code: "ArrowRight" });
  const before = await page.run("wann.then(({ live }) => live.state[1])");
  await page.run("wann.then(({ live }) => { live.policy.run = () => [0]; for (let i = 0; i < 10; i++) live.step(); })");
  check((await page.run("wann.then(({ live }) => live.state[1])")) > before + 0.2, "an arrow key pushes the cart");
  await page.send("Input.dispatchKeyEvent", { type: "keyUp", key: "ArrowRight", code: "ArrowRight" });
  await page.run("document.getElementById('next').click()");
  check((await state())[4] === 1 && (await state())[0] === 0, "another start");
  await page.run("document.getElementById('reset').click()");
  check((await state())[4] === 1 && (await state())[0] === 0, "reset keeps the start");
  quiet(page, "its controls");
  await page.close();
}

async function explores(browser) {
  const page = await browser.page(address("champion.html"));
  await page.run(ready);
  await page.run("document.querySelector('.wann-node[tabindex=\"0\"]').focus()");
  for (let i = 0; i < 8; i++) await page.key("ArrowRight");
  const card = await page.run("document.getElementById('node-card').textContent");
  check(/f\(x\) = /.test(card) && /connection/.test(card), `a node tells its activation, formula and fan-in: ${card.slice(0, 90)}`);
  await page.key("Enter");
  const lit = await page.run("[document.querySelectorAll('.wann-node.lit').length, document.querySelectorAll('.wann-edges path.lit').length, document.querySelectorAll('.wann-node').length]");
  check(lit[0] > 1 && lit[0] < lit[2] && lit[1] > 0, `Enter lights up what it depends on: ${lit[0]} of ${lit[2]} nodes`);
  await page.key("Escape");
  check((await page.run("document.querySelectorAll('.wann-node.lit').length")) === 0, "Escape puts it out");
  const node = await page.place(".wann-node:nth-of-type(12)");
  await page.mouse("mousePressed", node.x + node.width / 2, node.y + node.height / 2);
  await page.mouse("mouseReleased", node.x + node.width / 2, node.y + node.height / 2, 0);
  check((await page.run("document.querySelectorAll('.wann-node.chosen').length")) === 1, "a click does the same");
  await until(page, "[...document.querySelectorAll('.halo')].some((halo) => Number(halo.style.strokeOpacity) > 0.2)", "values show on the diagram");
  await until(page, "wann.then(({ live }) => live.frames.cost >= 0)", "pictures are counted");
  const [rate, cost] = await page.run("wann.then(({ live }) => [live.frames.rate, live.frames.cost])");
  console.log(`       ${Math.round(rate)} pictures a second with the diagram live, the scripts' share ${cost.toFixed(2)} ms of each`);
  await page.close();
}

// Names that are markup stay names: on the page, in what it offers to take along, and in the scripts.
async function escapes(browser) {
  const nasty = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>";
  const net = JSON.parse(readFileSync(champion, "utf8"));
  net.name = nasty;
  net.inputs = net.inputs.map((name, i) => `${nasty}${i}`);
  net.outputs = [nasty];
  writeFileSync("nasty.json", JSON.stringify(net));
  wann("report", "nasty.json", "--task", "swingup", "--episodes", "2", "--quiet", "-o", "nasty.html");
  const page = await browser.page(address("nasty.html"));
  await page.run(ready);
  check((await page.run("typeof window.hacked")) === "undefined", "markup in names does not run");
  check((await page.run("document.scripts.length")) === 2 && (await page.run("document.querySelectorAll('#diagram img, h1 *').length")) === 0, "and makes no elements");
  check((await page.run("document.querySelector('h1').textContent")).startsWith(nasty), "it is shown as text in the heading");
  check((await page.run("document.querySelectorAll('.wann-node')[1].getAttribute('aria-label')")).includes("<script>"), "and in the diagram");
  quiet(page, "nasty.html");
  await page.close();
}

async function withoutWasm(browser) {
  const page = await browser.page(address("run.html"), { before: "delete globalThis.WebAssembly" });
  await page.run("wann.then(() => 1)");
  check(/does not run WebAssembly/.test(await page.run("document.getElementById('problem').innerText")), "a browser without WebAssembly is told so");
  check(await page.run("(() => { const film = document.querySelector('#recording img'); return film.checkVisibility() && film.complete && film.naturalWidth > 100; })()"), "and shows the recording");
  quiet(page, "without WebAssembly");
  await page.close();
}

async function adapts(browser) {
  const page = await browser.page(address("run.html"), { width: 390, height: 844, scale: 2, features: { "prefers-color-scheme": "dark", "prefers-reduced-motion": "reduce" } });
  await page.run(ready);
  check((await page.run("document.documentElement.scrollWidth")) === 390, "nothing is wider than a phone");
  check((await page.run("wann.then(({ live }) => live.running)")) === false, "who wants less motion starts it by hand");
  check((await page.run("getComputedStyle(document.body).backgroundColor")) === "rgb(21, 24, 29)", "it is dark where that is wanted");
  const names = await page.run("[...document.querySelectorAll('button, input, a, canvas, svg:not([aria-hidden])')].filter((e) => !(e.labels?.length || e.textContent.trim() || e.getAttribute('aria-label'))).length");
  check(names === 0, "every control and picture has a name");
  await page.close();
}

async function pictures(browser) {
  if (!shots) return;
  for (const [name, options] of [["desktop", {}], ["phone", { width: 390, height: 844, scale: 2 }], ["dark", { features: { "prefers-color-scheme": "dark" } }]]) {
    const page = await browser.page(address("run.html"), options);
    await page.run(ready);
    await sleep(2500);
    await page.picture(`${shots}/swingup-${name}.png`);
    await page.close();
  }
}

await runTests([loads, agrees, slides, obeys, explores, escapes, withoutWasm, adapts, pictures]);
