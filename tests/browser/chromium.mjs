// A page in Chromium, driven over a pipe by its DevTools protocol: nothing but Node.js is needed.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const programs = [process.env.WANN_CHROMIUM, "chromium", "chromium-browser", "google-chrome"].filter(Boolean);
const patience = 60000; // ms that anything may take on a busy machine

const within = (promise, what) => {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`${what} took too long`)), patience)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

function launch(folder) {
  const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-background-networking",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe", `--user-data-dir=${folder}`, "about:blank"];
  const begin = (name) => new Promise((resolve, reject) => {
    const child = spawn(name, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    child.once("error", reject);
    child.once("spawn", () => resolve(child));
  });
  return programs.reduce((chain, name) => chain.catch(() => begin(name)), Promise.reject());
}

export class Browser {
  static async open() {
    const browser = new Browser();
    browser.folder = mkdtempSync(join(tmpdir(), "wann-browser-"));
    try {
      browser.child = await launch(browser.folder);
    } catch {
      rmSync(browser.folder, { recursive: true, force: true });
      return null; // there is no Chromium
    }
    browser.waiting = new Map();
    browser.listeners = [];
    browser.count = 0;
    browser.text = "";
    browser.child.stdio[4].on("data", (bytes) => browser.receive(bytes));
    browser.child.stdio[3].on("error", () => {});
    return browser;
  }
  receive(bytes) {
    const parts = (this.text + bytes.toString("utf8")).split("\0");
    this.text = parts.pop();
    for (const part of parts) {
      const message = JSON.parse(part), waiting = this.waiting.get(message.id);
      if (!waiting) {
        for (const listener of [...this.listeners]) listener(message);
        continue;
      }
      this.waiting.delete(message.id);
      if (message.error) waiting.reject(new Error(message.error.message));
      else waiting.resolve(message.result);
    }
  }
  send(method, params = {}, sessionId) {
    const id = ++this.count;
    const answer = new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.child.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
    return within(answer, method);
  }
  // A page of width x height CSS pixels; features: media features such as {"prefers-color-scheme": "dark"}.
  async page(url, { width = 1280, height = 900, scale = 1, features = {}, before = "" } = {}) {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, sessionId, targetId);
    this.listeners.push((message) => message.sessionId === sessionId && page.hear(message));
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await page.send(`${domain}.enable`);
    await page.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: scale, mobile: width < 600 });
    await page.send("Emulation.setEmulatedMedia", { features: Object.entries(features).map(([name, value]) => ({ name, value })) });
    if (before) await page.send("Page.addScriptToEvaluateOnNewDocument", { source: before });
    const loaded = new Promise((resolve) => (page.onload = resolve));
    await page.send("Page.navigate", { url });
    await within(loaded, `loading ${url}`);
    return page;
  }
  async close() {
    const gone = new Promise((resolve) => this.child.once("exit", resolve));
    await this.send("Browser.close").catch(() => this.child.kill("SIGKILL"));
    await within(gone, "closing the browser").catch(() => this.child.kill("SIGKILL"));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

class Page {
  constructor(browser, sessionId, targetId) {
    Object.assign(this, { browser, sessionId, targetId, problems: [], requests: [] });
  }
  send(method, params) {
    return this.browser.send(method, params, this.sessionId);
  }
  // What a user would find in the console: errors and warnings, exceptions, what a policy forbade.
  hear({ method, params }) {
    if (method === "Page.loadEventFired") this.onload?.();
    if (method === "Runtime.exceptionThrown") this.problems.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === "Runtime.consoleAPICalled" && ["error", "warning", "assert"].includes(params.type))
      this.problems.push(params.args.map((arg) => arg.value ?? arg.description).join(" "));
    if (method === "Log.entryAdded" && params.entry.level !== "info" && params.entry.level !== "verbose") this.problems.push(params.entry.text);
    if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
  }
  // The value of an expression, promises awaited.
  async run(expression) {
    const answer = await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true, userGesture: true });
    if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description ?? answer.exceptionDetails.text);
    return answer.result.value;
  }
  mouse(type, x, y, buttons = 1) {
    return this.send("Input.dispatchMouseEvent", { type, x, y, button: "left", buttons, clickCount: 1 });
  }
  async key(key) {
    for (const type of ["keyDown", "keyUp"]) await this.send("Input.dispatchKeyEvent", { type, key, code: key, ...(key === "Enter" ? { text: "\r" } : {}) });
  }
  // The middle of an element on the screen, after it was scrolled to.
  place(selector) {
    return this.run(`(() => { const e = document.querySelector(${JSON.stringify(selector)}); e.scrollIntoView({ block: "center" });
      const b = e.getBoundingClientRect(); return { x: b.left, y: b.top, width: b.width, height: b.height }; })()`);
  }
  // A picture of the page, or of one element.
  async picture(path, selector) {
    const clip = await this.run(selector
      ? `(() => { const b = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect(); return { x: b.left + scrollX, y: b.top + scrollY, width: b.width, height: b.height, scale: 1 }; })()`
      : `({ x: 0, y: 0, width: innerWidth, height: document.documentElement.scrollHeight, scale: 1 })`);
    const { data } = await this.send("Page.captureScreenshot", { format: "png", clip, captureBeyondViewport: true });
    writeFileSync(path, Buffer.from(data, "base64"));
  }
  close() {
    return this.browser.send("Target.closeTarget", { targetId: this.targetId });
  }
}
