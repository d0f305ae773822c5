/* The network at work: compiled to WebAssembly where the weights allow it, interpreted otherwise. Both
 * give the same bits, which are those of wann eval --portable. */

/* Memory of a module behind what it uses itself. */
class Heap {
  constructor(api) {
    this.api = api;
    this.end = (api.__heap_base.value + 15) & ~15;
  }
  take(bytes) {
    const at = this.end;
    this.end += (bytes + 15) & ~15;
    const missing = this.end - this.api.memory.buffer.byteLength;
    if (missing > 0) this.api.memory.grow(Math.ceil(missing / 65536));
    return at;
  }
  view(Kind, at, length) {
    return new Kind(this.api.memory.buffer, at, length);
  }
}

/* Activations by number, as the interpreter wants them: 0 for what is given. */
class Interpreter {
  constructor(api) {
    const n = data.nodes.length;
    this.api = api;
    const heap = new Heap(api);
    this.activation = heap.take(n);
    this.first = heap.take(4 * (n + 1));
    this.source = heap.take(4 * data.source.length + 4);
    this.weight = heap.take(8 * data.source.length + 8);
    this.value = heap.take(8 * n);
    this.softmaxAt = heap.take(8 * data.outputs.length);
    heap.view(Uint8Array, this.activation, n).set(data.nodes.map((node) => node.number));
    heap.view(Uint32Array, this.first, n + 1).set(data.first);
    heap.view(Uint32Array, this.source, data.source.length).set(data.source);
    this.values = heap.view(Float64Array, this.value, n);
    this.weights = heap.view(Float64Array, this.weight, data.source.length);
    this.scratch = heap.view(Float64Array, this.softmaxAt, data.outputs.length);
  }
  /* The value of each node; belongs to the interpreter. */
  run(input, each, shared) {
    for (let i = 0; i < data.nodes.length; i++) if (data.nodes[i].role === "bias") this.values[i] = 1;
    for (let i = 0; i < data.inputs.length; i++) this.values[data.inputs[i]] = input[i];
    if (each) this.weights.set(each);
    this.api.run(data.nodes.length, this.activation, this.first, this.source, each ? this.weight : 0, shared, this.value);
    return this.values;
  }
  softmax(values) {
    this.scratch.set(values);
    this.api.softmax(values.length, this.softmaxAt);
    return Array.from(this.scratch);
  }
}

/* A function that wannc made; weight is undefined where it is baked in. */
class Compiled {
  constructor(api) {
    const heap = new Heap(api);
    this.api = api;
    this.inAt = heap.take(8 * data.inputs.length + 8);
    this.outAt = heap.take(8 * data.outputs.length + 8);
    this.input = heap.view(Float64Array, this.inAt, data.inputs.length);
    this.output = heap.view(Float64Array, this.outAt, data.outputs.length);
  }
  run(input, weight) {
    this.input.set(input);
    if (weight === undefined) this.api.policy(this.inAt, this.outAt);
    else this.api.policy(this.inAt, weight, this.outAt);
    return this.output;
  }
}

class Policy {
  static async load() {
    const policy = new Policy();
    const [interpreter, shared, tuned] = await Promise.all(["interpreter", "policy", "tuned"].map(loadModule));
    policy.interpreter = new Interpreter(interpreter);
    policy.shared = shared && new Compiled(shared);
    policy.tuned = tuned && new Compiled(tuned);
    policy.mode = data.kind === "swingup" ? data.mode : "shared";
    policy.weight = data.weight;
    policy.random = null;
    return policy;
  }
  /* Uniform in (-2, 2), as the paper draws them. */
  drawWeights() {
    this.random = data.source.map(() => 4 * Math.random() - 2);
  }
  get each() {
    return this.mode === "tuned" ? data.tuned : this.mode === "random" ? this.random : null;
  }
  /* Outputs, as an array that the next call overwrites. */
  run(input) {
    if (this.mode === "shared" && this.shared) return this.shared.run(input, this.weight);
    if (this.mode === "tuned" && this.tuned) return this.tuned.run(input);
    const values = this.inspect(input);
    return data.outputs.map((node) => values[node]);
  }
  inspect(input) {
    return this.interpreter.run(input, this.each, this.weight);
  }
  /* Nanoseconds for one inference with the shared weight, of the better of some tries. */
  time(input) {
    const engine = this.shared;
    const run = engine ? () => engine.api.policy(engine.inAt, this.weight, engine.outAt) : () => this.interpreter.run(input, null, this.weight);
    if (engine) engine.input.set(input);
    let best = Infinity, runs = 1;
    for (let attempt = 0; attempt < 12; attempt++) {
      const start = performance.now();
      for (let i = 0; i < runs; i++) run();
      const milliseconds = performance.now() - start;
      if (milliseconds < 2) runs *= 4;
      else best = Math.min(best, milliseconds / runs);
    }
    return best * 1e6;
  }
  describe(nanoseconds) {
    const speed = Number.isFinite(nanoseconds) ? ` One inference takes ${Math.round(nanoseconds)} ns here.` : "";
    return (this.shared
      ? "The network was compiled by wannc to WebAssembly."
      : "This wann had no LLVM to compile the network with, so the page interprets it.") + speed;
  }
}
