// The champion, compiled by wannc to WebAssembly, swings up a pole from JavaScript.
import { readFileSync } from "node:fs";

/** The network of a .wasm file: a function of an array of inputs and a weight that returns the outputs. */
function load(file, name, inputs, outputs) {
    const { exports: api } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), {});
    const at = Math.ceil(api.__heap_base.value / 4) * 4; // behind what the module itself uses
    const input = new Float32Array(api.memory.buffer, at, inputs);
    const output = new Float32Array(api.memory.buffer, at + 4 * inputs, outputs);
    return (values, weight) => {
        input.set(values);
        api[name](input.byteOffset, weight, output.byteOffset);
        return output;
    };
}

class CartPole {
    x = 0;
    speed = 0;
    angle = Math.PI;
    spin = 0;

    observe() {
        return [this.x, this.speed, Math.cos(this.angle), Math.sin(this.angle), this.spin];
    }

    /** A hundredth of a second; the reward of the new state. */
    step(action) {
        const s = Math.sin(this.angle), c = Math.cos(this.angle);
        const push = 10 * Math.min(Math.max(action, -1), 1) - 0.1 * this.speed;
        const turning = this.spin * this.spin * s;
        const acceleration = (-0.6 * turning + 14.73 * s * c + 4 * push) / (4 - 1.5 * c * c);
        const turn = (-0.9 * turning * c + 58.92 * s + 6 * push * c) / (2.4 - 0.9 * c * c);
        this.x += 0.01 * this.speed;
        this.angle += 0.01 * this.spin;
        this.speed += 0.01 * acceleration;
        this.spin += 0.01 * turn;
        return ((Math.cos(this.angle) + 1) / 2) * Math.cos((this.x / 2.4) * (Math.PI / 2));
    }
}

const weight = Number(process.argv[2] ?? 1);
const policy = load("policy.wasm", "policy", 5, 1);
const world = new CartPole();
let reward = 0;
for (let t = 0; t < 1000 && Math.abs(world.x) <= 2.4; t++) reward += world.step(policy(world.observe(), weight)[0]);
console.log(`JavaScript: reward ${reward.toFixed(1)} with weight ${weight}`);
