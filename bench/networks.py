"""Benchmarks: the networks, and the inputs that all subjects run on."""
import json
import os
import random
import subprocess

# The published champions: file, inputs, outputs, name.
CHAMPIONS = (
    ("swing.out", 5, 1, "swing"),
    ("biped.out", 24, 4, "biped"),
    ("racer.out", 16, 3, "racer"),
)

# A network of the size that classifies MNIST in the paper.
SYNTHETIC = {
    "inputs": 256,
    "outputs": 10,
    "hidden": 150,
    "connections": 1800,
    "levels": 14,
    "weight": 0.5,
}
SYNTHETIC_ACTIVATIONS = (
    "linear",
    "sin",
    "gaussian",
    "tanh",
    "sigmoid",
    "inverse",
    "abs",
    "relu",
    "cos",
)


class Network:
    """A network file, its nodes in an order in which each comes after its sources.

    activation: by node, "bias" and "input" for those two; sources: by node, in order of evaluation;
    level: the longest path from a node without connections."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.weight = data.get("shared_weight", 1.0)
        nodes = self._ordered(data)
        place = {node["id"]: k for k, node in enumerate(nodes)}
        self.activation = [
            n["activation"] if n["type"] in ("hidden", "output") else n["type"] for n in nodes
        ]
        self.sources = [[] for _ in nodes]
        for connection in data["connections"]:
            self.sources[place[connection["to"]]].append(place[connection["from"]])
        for sources in self.sources:
            sources.sort()
        self.level = [0] * len(nodes)
        for k, sources in enumerate(self.sources):
            self.level[k] = 1 + max((self.level[s] for s in sources), default=-1)
        self.inputs = [place[n["id"]] for n in data["nodes"] if n["type"] == "input"]
        self.outputs = [place[n["id"]] for n in data["nodes"] if n["type"] == "output"]
        self.n_connections = len(data["connections"])

    @staticmethod
    def _ordered(data):
        rank = {"bias": 0, "input": 1, "hidden": 2, "output": 3}
        nodes = sorted(data["nodes"], key=lambda node: rank[node["type"]])
        missing = {node["id"]: 0 for node in nodes}
        readers = {node["id"]: [] for node in nodes}
        for connection in data["connections"]:
            missing[connection["to"]] += 1
            readers[connection["from"]].append(connection["to"])
        ordered, waiting = [], nodes
        while waiting:
            ready = [node for node in waiting if missing[node["id"]] == 0]
            waiting = [node for node in waiting if missing[node["id"]] > 0]
            for node in ready:
                for reader in readers[node["id"]]:
                    missing[reader] -= 1
            ordered += ready
        return ordered

    def is_source(self, node):
        return self.activation[node] in ("bias", "input")

    @property
    def n_computed(self):
        return sum(not self.is_source(k) for k in range(len(self.activation)))

    @property
    def depth(self):
        return max(self.level)


def synthetic(path, seed=1):
    """Write the MNIST-sized network: the same file for the same seed."""
    rng = random.Random(seed)
    size = SYNTHETIC
    inputs = list(range(1, 1 + size["inputs"]))
    hidden = [inputs[-1] + 1 + k for k in range(size["hidden"])]
    outputs = [hidden[-1] + 1 + k for k in range(size["outputs"])]
    level = {node: 0 for node in [0] + inputs}
    level.update({node: 1 + k * size["levels"] // len(hidden) for k, node in enumerate(hidden)})
    level.update({node: size["levels"] + 1 for node in outputs})

    def before(node):
        return [other for other in level if level[other] < level[node]]

    pairs = set()
    for node in hidden:  # a path to each from the level before, and on from each
        pairs.add((rng.choice([n for n in level if level[n] == level[node] - 1]), node))
        pairs.add((node, rng.choice([n for n in hidden + outputs if level[n] > level[node]])))
    while len(pairs) < size["connections"]:
        node = rng.choice(hidden + outputs)
        pairs.add((rng.choice(before(node)), node))
    nodes = [{"id": 0, "type": "bias"}] + [{"id": n, "type": "input"} for n in inputs]
    nodes += [
        {"id": n, "type": "hidden", "activation": rng.choice(SYNTHETIC_ACTIVATIONS)} for n in hidden
    ]
    nodes += [{"id": n, "type": "output", "activation": "linear"} for n in outputs]
    data = {
        "format": "wann-network",
        "version": 1,
        "name": "mnist-sized",
        "inputs": [f"pixel{k}" for k in range(size["inputs"])],
        "outputs": [f"digit{k}" for k in range(size["outputs"])],
        "action": "none",
        "nodes": nodes,
        "connections": [{"from": a, "to": b} for a, b in sorted(pairs)],
        "shared_weight": size["weight"],
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(data, file)


def collect(source, wannc, folder, note):
    """The networks that are here, as files of the project's format in folder."""
    paths = []
    champions = os.path.join(source, "examples", "champions")
    for file in sorted(os.listdir(champions)):
        if file.endswith(".json"):
            paths.append(os.path.join(champions, file))
    reference = os.environ.get("WANN_REFERENCE", os.path.join(source, "..", "shared", "reference"))
    for file, inputs, outputs, name in CHAMPIONS:
        matrix = os.path.join(reference, "champions", file)
        if not os.path.exists(matrix):
            note(f"network {name} is skipped: WANN_REFERENCE names no folder that has {file}")
            continue
        paths.append(os.path.join(folder, name + ".json"))
        subprocess.run(
            [wannc, matrix, "--inputs", str(inputs), "--outputs", str(outputs), "-o", paths[-1]],
            check=True,
        )
    paths.append(os.path.join(folder, "mnist-sized.json"))
    synthetic(paths[-1])
    return paths


def samples(n_inputs, n_samples, seed=1):
    """Standard normal inputs, always the same: a list of rows."""
    rng = random.Random(seed)
    return [[rng.gauss(0, 1) for _ in range(n_inputs)] for _ in range(n_samples)]
