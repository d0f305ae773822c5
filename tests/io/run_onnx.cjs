// Run ONNX models in ONNX Runtime on rows of numbers and compare with what is expected.
// usage: node run_onnx.cjs FOLDER_OF_NPM JOBS
// A line of JOBS: MODEL INPUTS.csv WEIGHT EXPECTED.csv ACTION.csv, where WEIGHT is "none" for a model that
// has it in it, and ACTION, the expected second output, "none" where there is none.
// Prints "MODEL WEIGHT OUTPUTS FAR LARGEST" for each: how many rows of outputs are off by more than 1e-4 of the
// larger of 1 and the output, and the largest such error of the others.
const fs = require("fs");
const path = require("path");
const [folder, jobs] = process.argv.slice(2);
const ort = require(path.join(folder, "node_modules", "onnxruntime-node"));

function table(name) {
    return fs.readFileSync(name, "utf8").trim().split("\n").map((line) => line.split(",").map(Number));
}

async function run(session, rows, weight) {
    const data = Float32Array.from(rows.flat());
    const feeds = { input: new ort.Tensor("float32", data, [rows.length, rows[0].length]) };
    if (weight !== "none") feeds.weight = new ort.Tensor("float32", [Number(weight)], [1]);
    return session.run(feeds);
}

async function compare(model, inputs, weight, expected, action) {
    const session = await ort.InferenceSession.create(model, { logSeverityLevel: 3 });
    const names = action === "none" ? ["output"] : ["output", "action"];
    if (session.outputNames.join() !== names.join()) throw new Error(`outputs ${session.outputNames}`);
    const rows = table(inputs);
    const all = await run(session, rows, weight);
    const one = await run(session, rows.slice(0, 1), weight); // any number of rows
    let far = 0, largest = 0;
    names.forEach((name, which) => {
        const want = table(which === 0 ? expected : action), got = all[name].data;
        const width = want[0].length;
        if (got.length !== rows.length * width || one[name].data.length !== width) throw new Error("sizes");
        for (let k = 0; k < width; k++)
            if (!(Math.abs(one[name].data[k] - got[k]) <= 1e-4 * Math.max(1, Math.abs(got[k]))))
                throw new Error(`row 0 alone gives ${one[name].data[k]} instead of ${got[k]}`);
        want.forEach((row, i) => {
            let worst = 0;
            row.forEach((value, k) => {
                const error = Math.abs(got[i * width + k] - value) / Math.max(1, Math.abs(value));
                worst = error <= worst ? worst : error; // NaN is the worst
            });
            if (worst <= 1e-4) largest = Math.max(largest, worst);
            else far++;
        });
    });
    console.log(model, weight, rows.length * names.length, far, largest.toExponential(2));
}

async function main() {
    for (const line of fs.readFileSync(jobs, "utf8").trim().split("\n")) await compare(...line.split(" "));
}

main().catch((problem) => {
    console.error(String(problem));
    process.exit(1);
});
