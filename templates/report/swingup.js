/* Cart and pole in the page: the task's own source, compiled to WebAssembly, and the network in it. */
const TRACK = 2.4, POLE = 0.6;

class SwingUp {
  constructor(api, policy, diagram) {
    this.api = api;
    this.policy = policy;
    this.diagram = diagram;
    this.state = new Float64Array(api.memory.buffer, api.swingup_state(), 6);
    this.rewards = new Float32Array(data.steps);
    this.seed = 0;
    this.running = !calm.matches;
    this.held = null; /* what the mouse holds */
    this.push = 0;    /* of the arrow keys */
    this.owed = 0;    /* of the task's time, s */
    this.frames = { count: 0, since: performance.now(), rate: NaN, work: 0, cost: NaN };
    this.reset();
  }
  observe() {
    return new Float64Array(this.api.memory.buffer, this.api.swingup_observe(), 5);
  }
  reset() {
    this.api.swingup_reset(BigInt(this.seed));
    this.steps = this.total = this.force = this.rest = 0;
    this.over = "";
    this.changed = true;
    if (this.policy.mode === "random") this.policy.drawWeights();
  }
  next() {
    this.seed++;
    this.reset();
  }
  step() {
    if (this.over) return this.next();
    this.force = this.policy.run(this.observe())[0];
    const reward = this.api.swingup_step(this.force);
    this.rewards[this.steps++ % this.rewards.length] = reward;
    this.total += reward;
    if (this.push) this.state[1] += 0.05 * this.push;
    if (this.api.swingup_off()) this.over = "The cart has left the track.";
    else if (this.steps >= data.steps) this.over = "The episode is over.";
    if (this.over) say(`${this.over} Reward ${fixed(this.total, 1)} in ${this.steps} steps.`);
    this.changed = true;
  }
  /* Time passes; after an episode it rests for a moment, then the next one starts. */
  advance(seconds) {
    if (!this.running || this.held) return;
    this.owed = Math.min(this.owed + seconds, 0.1);
    for (const dt = 1 / data.stepsPerSecond; this.owed >= dt; this.owed -= dt) {
      if (!this.over) this.step();
      else if ((this.rest += dt) > 1.2) this.next();
    }
  }
  /* For scripts: an episode from a seed as rows of observation, force, reward; the page's goes on. */
  trace(seed, steps) {
    const before = Float64Array.from(this.state), rows = [];
    this.api.swingup_reset(BigInt(seed));
    for (let i = 0; i < steps; i++) {
      const observation = Array.from(this.observe()), force = this.policy.run(observation)[0];
      const reward = this.api.swingup_step(force);
      rows.push([...observation, force, reward]);
      if (this.api.swingup_off()) break;
    }
    this.state.set(before);
    return rows;
  }
}

function say(text) {
  $("status").textContent = text;
}

/* Metres to pixels of the picture: 6 m are shown, and the cart's rail is two thirds down. */
function viewOf(canvas) {
  const scale = canvas.width / 6;
  return { scale, x: (x) => canvas.width / 2 + scale * x, rail: canvas.height * 0.62 };
}

function drawWorld(canvas, world) {
  const c = canvas.getContext("2d"), { scale, x, rail } = viewOf(canvas), [position, , theta] = world.state;
  const line = (x1, y1, x2, y2, ink, width) => {
    c.strokeStyle = ink;
    c.lineWidth = width * scale;
    c.beginPath();
    c.moveTo(x1, y1);
    c.lineTo(x2, y2);
    c.stroke();
  };
  const middle = x(position), tipX = middle + scale * POLE * Math.sin(theta), tipY = rail - scale * POLE * Math.cos(theta);
  c.lineCap = "round";
  c.clearRect(0, 0, canvas.width, canvas.height);
  line(x(-TRACK), rail, x(TRACK), rail, colours.steel, 0.03);
  for (const side of [-1, 1]) line(x(side * TRACK), rail - 0.16 * scale, x(side * TRACK), rail + 0.16 * scale, colours.negative, 0.04);
  const push = Math.max(-1, Math.min(1, world.force));
  if (Math.abs(push) > 0.02) {
    const start = middle + Math.sign(push) * 0.3 * scale, tip = start + push * 0.5 * scale;
    line(start, rail, tip, rail, colours.negative, 0.06);
    line(tip, rail, tip - Math.sign(push) * 0.09 * scale, rail - 0.07 * scale, colours.negative, 0.05);
    line(tip, rail, tip - Math.sign(push) * 0.09 * scale, rail + 0.07 * scale, colours.negative, 0.05);
  }
  c.fillStyle = colours.cart;
  c.beginPath();
  c.roundRect(middle - 0.28 * scale, rail - 0.13 * scale, 0.56 * scale, 0.26 * scale, 0.06 * scale);
  c.fill();
  line(middle, rail, tipX, tipY, colours.positive, 0.09);
  c.fillStyle = colours.joint;
  c.beginPath();
  c.arc(middle, rail, 0.04 * scale, 0, 7);
  c.fill();
  if (world.over) {
    c.fillStyle = colours.ink;
    c.font = `${0.2 * scale}px sans-serif`;
    c.textAlign = "center";
    c.fillText(world.over, canvas.width / 2, 0.4 * scale);
  }
}

/* The reward of each step so far: 1 is upright in the middle. */
function drawTrace(canvas, world) {
  const c = canvas.getContext("2d"), { width, height } = canvas, pad = height * 0.14;
  const y = (reward) => height - pad - reward * (height - 2 * pad);
  c.clearRect(0, 0, width, height);
  c.lineWidth = Math.max(1, height / 150);
  c.fillStyle = colours.soft;
  c.font = `${height * 0.13}px sans-serif`;
  for (const level of [0, 1]) {
    c.strokeStyle = colours.line;
    c.beginPath();
    c.moveTo(0, y(level));
    c.lineTo(width, y(level));
    c.stroke();
    c.fillText(level ? "reward of a step: 1" : "0", 6, y(level) - 4);
  }
  c.strokeStyle = colours.positive;
  c.lineWidth *= 2;
  c.beginPath();
  for (let i = 0; i < world.steps; i++) c.lineTo((i / (world.rewards.length - 1)) * width, y(world.rewards[i]));
  c.stroke();
}

/* The mouse takes hold of the pole, or of the cart, and moves it; the velocities are then zero. */
function addMouse(canvas, world) {
  const at = (event) => {
    const box = canvas.getBoundingClientRect(), { scale, rail } = viewOf(canvas), ratio = canvas.width / box.width;
    return { x: ((event.clientX - box.left) * ratio - canvas.width / 2) / scale, y: (rail - (event.clientY - box.top) * ratio) / scale };
  };
  const move = (event) => {
    const p = at(event);
    if (world.held === "cart") world.state[0] = Math.max(-2.35, Math.min(2.35, p.x));
    else world.state[2] = Math.atan2(p.x - world.state[0], p.y);
    world.state[1] = world.state[3] = 0;
    world.changed = true;
  };
  canvas.addEventListener("pointerdown", (event) => {
    const p = at(event), fromCart = Math.hypot(p.x - world.state[0], p.y);
    if (world.over || fromCart > 2.5 * POLE) return;
    world.held = fromCart < 0.3 ? "cart" : "pole";
    canvas.setPointerCapture(event.pointerId);
    move(event);
  });
  canvas.addEventListener("pointermove", (event) => world.held && move(event));
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (world.held = null));
  canvas.addEventListener("keydown", (event) => {
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!side) return;
    world.push = side;
    event.preventDefault();
  });
  canvas.addEventListener("keyup", () => (world.push = 0));
  canvas.addEventListener("blur", () => (world.push = 0));
}

function addControls(world, cursor) {
  const policy = world.policy;
  const showWeight = () => {
    $("weight-value").textContent = minus(String(policy.weight));
    $("weight").setAttribute("aria-valuetext", minus(String(policy.weight)));
    cursor(policy.mode === "shared" ? policy.weight : null);
    world.changed = true;
  };
  $("weight").value = policy.weight;
  $("weight").addEventListener("input", () => {
    policy.weight = Number($("weight").value);
    showWeight();
  });
  for (const radio of document.querySelectorAll("input[name=mode]")) {
    radio.checked = radio.value === policy.mode;
    radio.addEventListener("change", () => {
      policy.mode = radio.value;
      if (policy.mode === "random") policy.drawWeights();
      $("weight").disabled = policy.mode !== "shared";
      showWeight();
      world.reset();
    });
  }
  $("weight").disabled = policy.mode !== "shared";
  $("mode-tuned").disabled = !data.tuned;
  $("no-tuned").hidden = !!data.tuned;
  const showRunning = () => ($("pause").textContent = world.running ? "Pause" : "Run");
  $("pause").addEventListener("click", () => {
    world.running = !world.running;
    showRunning();
  });
  $("step").addEventListener("click", () => {
    world.running = false;
    showRunning();
    world.step();
  });
  $("reset").addEventListener("click", () => world.reset());
  $("next").addEventListener("click", () => world.next());
  showRunning();
  showWeight();
}

function showNumbers(world) {
  const seconds = world.steps / data.stepsPerSecond;
  $("numbers").textContent = `${fixed(seconds, 1)} s, step ${world.steps}, start ${world.seed}: reward ${fixed(world.total, 1)}, force ${fixed(Math.max(-1, Math.min(1, world.force)), 2)}` +
    (Number.isFinite(world.frames.rate) ? `, ${Math.round(world.frames.rate)} pictures a second` : "");
}

/* Once a second: how many pictures there were, and what one of them cost in ms. */
function countFrame(frames, now, begun) {
  frames.count++;
  frames.work += performance.now() - begun;
  if (now - frames.since < 1000) return;
  frames.rate = (1000 * frames.count) / (now - frames.since);
  frames.cost = frames.work / frames.count;
  frames.count = frames.work = 0;
  frames.since = now;
}

async function startSwingUp(diagram, cursor) {
  const [api, policy] = await Promise.all([loadModule("worlds"), Policy.load()]);
  const world = new SwingUp(api, policy, diagram);
  addControls(world, cursor);
  addMouse($("world"), world);
  let last = performance.now();
  const frame = (now) => {
    const begun = performance.now();
    world.advance(Math.max(0, now - last) / 1000);
    last = now;
    if (world.changed || world.held) {
      sharpen($("world"));
      sharpen($("trace"));
      drawWorld($("world"), world);
      drawTrace($("trace"), world);
      diagram.update(policy.inspect(world.observe()));
      showNumbers(world);
      world.changed = false;
    }
    countFrame(world.frames, now, begun);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const redraw = () => {
    readColours();
    world.changed = true;
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("resize", redraw);
  setTimeout(() => ($("engine").textContent = policy.describe((world.nanoseconds = policy.time(Array.from(world.observe()))))), 300);
  return world;
}
starters.swingup = startSwingUp;
