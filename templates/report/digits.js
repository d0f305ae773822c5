/* Draw a digit: strokes become pixels as the task has them, these go through the task's own
 * preprocessing and the network, once for each of several weights. */
const WEIGHTS = [-2, -1, -0.5, 0.5, 1, 2];

/* The pixels of strokes in a size x size picture, 0 to 255: full within the radius of a line, none one
 * pixel further. Computed rather than read from a canvas, so that every browser gets the same. */
function rasterise(strokes, size, radius) {
  const pixels = new Uint8Array(size * size);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      let distance = Infinity;
      for (const stroke of strokes)
        for (let i = 0; i < stroke.length; i++) {
          const [ax, ay] = stroke[Math.max(0, i - 1)], [bx, by] = stroke[i];
          const dx = bx - ax, dy = by - ay, px = x + 0.5 - ax, py = y + 0.5 - ay, length = dx * dx + dy * dy;
          const t = length ? Math.max(0, Math.min(1, (px * dx + py * dy) / length)) : 0;
          distance = Math.min(distance, Math.hypot(px - t * dx, py - t * dy));
        }
      pixels[y * size + x] = Math.round(255 * Math.max(0, Math.min(1, radius + 0.5 - distance)));
    }
  return pixels;
}

const moved = (strokes, scale, dx, dy) => strokes.map((stroke) => stroke.map(([x, y]) => [x * scale + dx, y * scale + dy]));

function boxOf(strokes) {
  const points = strokes.flat(), xs = points.map((p) => p[0]), ys = points.map((p) => p[1]);
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

/* The strokes scaled to fit a square and put into the middle of a picture. */
function fitted(strokes, room, size) {
  const box = boxOf(strokes), scale = room / Math.max(box.right - box.left, box.bottom - box.top, 1e-3);
  return moved(strokes, scale, size / 2 - (scale * (box.left + box.right)) / 2, size / 2 - (scale * (box.top + box.bottom)) / 2);
}

/* MNIST: within 20 x 20 pixels, its centre of mass in the middle of 28 x 28 (LeCun, Cortes, Burges). */
function mnistPixels(strokes) {
  const size = 28, radius = 1.1;
  let lines = fitted(strokes, 20 - 2 * radius, size);
  const pixels = rasterise(lines, size, radius);
  let mass = 0, mx = 0, my = 0;
  pixels.forEach((p, i) => {
    mass += p;
    mx += p * ((i % size) + 0.5);
    my += p * (Math.floor(i / size) + 0.5);
  });
  if (mass) lines = moved(lines, 1, Math.round(size / 2 - mx / mass), Math.round(size / 2 - my / mass));
  return rasterise(lines, size, radius);
}

/* The 8 x 8 digits: how many of 4 x 4 pixels of a 32 x 32 picture are black (Alpaydin, Kaynak 1998). */
function countedPixels(strokes) {
  const radius = 1.9, pixels = rasterise(fitted(strokes, 32 - 2 * radius - 1, 32), 32, radius);
  const counts = new Array(64).fill(0);
  pixels.forEach((p, i) => (counts[8 * Math.floor(i / 128) + Math.floor((i % 32) / 4)] += p > 127));
  return counts.map((n) => n / 16);
}

class Digits {
  constructor(api, policy) {
    this.api = api;
    this.policy = policy;
    this.strokes = [];
    this.side = Math.sqrt(data.inputs.length);
    this.known = null; /* the label of a digit of the test set */
    this.input = null;
  }
  /* What the network is given for pixels of MNIST. */
  prepare(pixels) {
    if (data.inputs.length === 784) return Array.from(pixels, (p) => p / 255);
    new Uint8Array(this.api.memory.buffer, this.api.digit_drawn(), 784).set(pixels);
    return Array.from(new Float64Array(this.api.memory.buffer, this.api.digit_straighten(), 256));
  }
  inputOf(strokes) {
    return data.inputs.length === 64 ? countedPixels(strokes) : this.prepare(mnistPixels(strokes));
  }
  probabilities(input, weight, mode = "shared") {
    const policy = this.policy, before = policy.weight;
    policy.weight = weight;
    policy.mode = mode;
    const result = policy.interpreter.softmax(Array.from(policy.run(input)));
    policy.weight = before;
    policy.mode = "shared";
    return result;
  }
  /* A column for each weight, their mean, that of the slider, and that of tuned weights. */
  classify(input) {
    const columns = WEIGHTS.map((weight) => this.probabilities(input, weight));
    const mean = columns[0].map((_, digit) => columns.reduce((sum, column) => sum + column[digit], 0) / columns.length);
    const tuned = data.tuned ? [this.probabilities(input, 0, "tuned")] : [];
    return { columns, mean, others: [this.probabilities(input, this.policy.weight), ...tuned] };
  }
}

const largest = (values) => values.reduce((best, value, i) => (value > values[best] ? i : best), 0);

function buildHeat() {
  const row = make("tr");
  row.append(make("th", "digit"));
  for (const weight of WEIGHTS) row.append(make("th", minus(String(weight))));
  row.append(make("th", "all"), make("th", "slider"));
  if (data.tuned) row.append(make("th", "tuned"));
  row.childNodes.forEach((cell) => (cell.scope = "col"));
  $("heat-head").append(row);
  for (let digit = 0; digit < data.outputs.length; digit++) {
    const line = make("tr"), head = make("th", data.nodes[data.outputs[digit]].name);
    head.scope = "row";
    line.append(head);
    for (let i = 1; i < row.cells.length; i++) line.append(make("td", ""));
    $("heat-body").append(line);
  }
}

function showHeat({ columns, mean, others }) {
  const all = [...columns, mean, ...others], best = largest(mean);
  [...$("heat-body").rows].forEach((row, digit) => {
    row.classList.toggle("best", digit === best);
    all.forEach((column, i) => {
      const cell = row.cells[i + 1], share = column[digit];
      cell.textContent = Math.round(100 * share);
      cell.style.background = `color-mix(in srgb, var(--positive) ${Math.round(70 * share)}%, transparent)`;
    });
  });
  return best;
}

function drawPaper(canvas, strokes) {
  const c = canvas.getContext("2d");
  c.clearRect(0, 0, canvas.width, canvas.height);
  c.lineCap = c.lineJoin = "round";
  c.lineWidth = canvas.width / 14;
  c.strokeStyle = c.fillStyle = colours.ink;
  for (const stroke of strokes) {
    c.beginPath();
    for (const [x, y] of stroke) c.lineTo(x * canvas.width, y * canvas.width);
    if (stroke.length === 1) c.lineTo(stroke[0][0] * canvas.width + 0.1, stroke[0][1] * canvas.width);
    c.stroke();
  }
}

function drawSeen(canvas, input, side) {
  const c = canvas.getContext("2d"), size = canvas.width / side;
  c.fillStyle = "#000000";
  c.fillRect(0, 0, canvas.width, canvas.height);
  input?.forEach((value, i) => {
    const level = Math.round(255 * Math.max(0, Math.min(1, value)));
    c.fillStyle = `rgb(${level}, ${level}, ${level})`;
    c.fillRect((i % side) * size, Math.floor(i / side) * size, Math.ceil(size), Math.ceil(size));
  });
}

function showDigits(digits, diagram) {
  drawPaper($("paper"), digits.strokes);
  drawSeen($("seen"), digits.input, digits.side);
  if (!digits.input) {
    $("verdict").textContent = "Nothing is drawn yet.";
    for (const cell of $("heat-body").querySelectorAll("td")) cell.textContent = "";
    return;
  }
  const best = showHeat(digits.classify(digits.input));
  const name = data.nodes[data.outputs[best]].name;
  $("verdict").textContent = `All weights together: ${name}${digits.known === null ? "" : `; it is ${data.nodes[data.outputs[digits.known]].name}`}`;
  diagram.update(digits.policy.inspect(digits.input));
}

/* Strokes in fractions of the paper's width. */
function addDrawing(canvas, digits, changed) {
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.width];
  };
  let drawing = false;
  canvas.addEventListener("pointerdown", (event) => {
    if (digits.known !== null) digits.strokes = [];
    digits.known = null;
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    digits.strokes.push([at(event)]);
    changed();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    digits.strokes.at(-1).push(at(event));
    changed();
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (drawing = false));
}

async function startDigits(diagram, cursor) {
  const [api, policy] = await Promise.all([loadModule("worlds"), Policy.load()]);
  const digits = new Digits(api, policy);
  const show = () => showDigits(digits, diagram);
  const showWeight = () => {
    $("weight-value").textContent = minus(String(policy.weight));
    cursor(policy.weight);
  };
  let asked = false;
  const changed = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      if (digits.known === null) digits.input = digits.strokes.length ? digits.inputOf(digits.strokes) : null;
      show();
    });
  };
  buildHeat();
  addDrawing($("paper"), digits, changed);
  $("clear").addEventListener("click", () => {
    digits.strokes = [];
    digits.known = null;
    changed();
  });
  const samples = data.samples && new Float64Array(bytesOf(data.samples.input).buffer);
  let sample = 0;
  $("sample").disabled = !samples;
  $("sample").addEventListener("click", () => {
    const n = data.inputs.length;
    digits.strokes = [];
    digits.input = Array.from(samples.subarray(sample * n, (sample + 1) * n));
    digits.known = data.samples.label[sample];
    sample = (sample + 1) % data.samples.label.length;
    changed();
  });
  $("weight").value = policy.weight;
  $("weight").addEventListener("input", () => {
    policy.weight = Number($("weight").value);
    showWeight();
    changed();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    readColours();
    changed();
  });
  showWeight();
  show();
  setTimeout(() => ($("engine").textContent = policy.describe(policy.time(new Array(data.inputs.length).fill(0.3)))), 300);
  return digits;
}
starters.drawing = startDigits;
