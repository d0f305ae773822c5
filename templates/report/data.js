/* What the page knows, and small tools. All scripts of a report are one, in the order of
 * search/CMakeLists.txt; text of files gets into the page by textContent only. */
const data = JSON.parse(document.getElementById("data").textContent);
const starters = {}; /* what brings the kinds of pages to life */
const $ = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

function make(name, text, className) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

function svgElement(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

const minus = (text) => text.replace("-", "−");
const fixed = (value, digits) => minus(value.toFixed(digits));
const brief = (value) => (Math.abs(value) >= 1e4 ? minus(value.toExponential(1)) : fixed(value, 3));

/* A colour of the style sheet, for canvases; they change with the scheme of the page. */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}
let colours = {};
function readColours() {
  for (const name of ["paper", "panel", "ink", "soft", "line", "positive", "negative", "steel", "cart", "joint"])
    colours[name] = colour(name);
}
readColours();

/* Canvases have as many pixels as the screen shows of them. */
function sharpen(canvas) {
  const width = Math.round(canvas.clientWidth * Math.min(devicePixelRatio, 2));
  if (width > 0 && canvas.width !== width) {
    canvas.height = Math.round((width * canvas.height) / canvas.width);
    canvas.width = width;
  }
}

/* A module of WebAssembly that was embedded, or null. */
async function loadModule(name) {
  const text = data.modules[name];
  if (!text) return null;
  const { instance } = await WebAssembly.instantiate(bytesOf(text), {});
  return instance.exports;
}
