"""Benchmarks: a network as an ONNX model of standard operators, with the shared weight baked in.

Two forms, because runtimes differ in which they run faster: by layers, where the nodes of one level
are one product of matrices, and by nodes. The file is a protocol buffer, of which little is needed:
fields are (number << 3 | type) and a value, where type 0 is a varint and type 2 bytes behind their
length. Numbers of fields are those of onnx.proto."""
import struct

FLOAT, INT64 = 1, 7  # TensorProto.DataType
OPSET, IR_VERSION = 13, 8


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, str):
        value = value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def tensor(name, shape, values, kind):
    data = struct.pack(f"<{len(values)}{'f' if kind == FLOAT else 'q'}", *values)
    return (
        b"".join(field(1, size) for size in shape)
        + field(2, kind)
        + field(8, name)
        + field(9, data)
    )


def attribute(name, number):
    return field(1, name) + field(3, number) + field(20, 2)  # an INT


def value_info(name, batch, width):
    dimension = field(1, batch) if batch else field(2, "n")  # "n": any
    shape = field(1, dimension) + field(1, field(1, width))
    return field(1, name) + field(2, field(1, field(1, FLOAT) + field(2, shape)))


class Graph:
    """Nodes and constants, as they are added."""

    def __init__(self):
        self.nodes, self.constants, self.count = [], [], 0

    def name(self):
        self.count += 1
        return f"v{self.count}"

    def constant(self, shape, values, kind=FLOAT):
        name = self.name()
        self.constants.append(tensor(name, shape, values, kind))
        return name

    def add(self, operator, inputs, outputs=1, name=None, **attributes):
        """An operator; the names of its results, or the name of its only one."""
        names = [name or self.name() for _ in range(outputs)]
        node = (
            b"".join(field(1, i) for i in inputs)
            + b"".join(field(2, o) for o in names)
            + field(4, operator)
        )
        node += b"".join(field(5, attribute(*item)) for item in attributes.items())
        self.nodes.append(node)
        return names if outputs > 1 else names[0]

    def activate(self, activation, x):
        def scaled(factor, y):
            return self.add("Mul", [y, self.constant([1], [factor])])

        simple = {
            "tanh": "Tanh",
            "sigmoid": "Sigmoid",
            "inverse": "Neg",
            "abs": "Abs",
            "relu": "Relu",
        }
        if activation == "linear":
            return x
        if activation in simple:
            return self.add(simple[activation], [x])
        if activation in ("sin", "cos"):
            return self.add(activation.capitalize(), [scaled(3.141592653589793, x)])
        square = self.add("Mul", [x, x]) if activation != "step" else None
        if activation == "squared":
            return square
        if activation == "gaussian":
            return self.add("Exp", [scaled(-0.5, square)])
        return self.add("Cast", [self.add("Greater", [x, self.constant([1], [0.0])])], to=FLOAT)

    def model(self, network, batch):
        graph = b"".join(field(1, node) for node in self.nodes) + field(2, "network")
        graph += b"".join(field(5, constant) for constant in self.constants)
        graph += field(11, value_info("in", batch, len(network.inputs)))
        graph += field(12, value_info("out", batch, len(network.outputs)))
        return field(1, IR_VERSION) + field(7, graph) + field(8, field(2, OPSET))


def with_bias(graph, network):
    """The bias beside the inputs: [n, 1 + inputs]."""
    column = graph.add(
        "Slice",
        [
            "in",
            graph.constant([1], [0], INT64),
            graph.constant([1], [1], INT64),
            graph.constant([1], [1], INT64),
        ],
    )
    ones = graph.add(
        "Add", [graph.add("Mul", [column, graph.constant([1], [0.0])]), graph.constant([1], [1.0])]
    )
    return graph.add("Concat", [ones, "in"], axis=1)


def by_layers(network, batch=None):
    """One product of matrices a level; its nodes side by side, those of one activation together."""
    graph = Graph()
    columns = [k for k, a in enumerate(network.activation) if a == "bias"] + network.inputs
    state = with_bias(graph, network) if len(columns) > len(network.inputs) else "in"
    computed = [k for k in range(len(network.activation)) if not network.is_source(k)]
    for level in sorted({network.level[k] for k in computed}):
        nodes = sorted(
            (k for k in computed if network.level[k] == level), key=lambda k: network.activation[k]
        )
        kinds = sorted({network.activation[k] for k in nodes})
        sums = weighted_sums(graph, network, state, columns, nodes)
        sizes = [sum(network.activation[k] == kind for k in nodes) for kind in kinds]
        parts = (
            [sums]
            if len(kinds) == 1
            else graph.add(
                "Split",
                [sums, graph.constant([len(sizes)], sizes, INT64)],
                outputs=len(kinds),
                axis=1,
            )
        )
        state = graph.add(
            "Concat", [state] + [graph.activate(*pair) for pair in zip(kinds, parts)], axis=1
        )
        columns = columns + nodes
    chosen = graph.constant(
        [len(network.outputs)], [columns.index(k) for k in network.outputs], INT64
    )
    graph.add("Gather", [state, chosen], name="out", axis=1)
    return graph.model(network, batch)


def weighted_sums(graph, network, state, columns, nodes):
    place = {node: k for k, node in enumerate(columns)}
    matrix = [0.0] * (len(columns) * len(nodes))
    for k, node in enumerate(nodes):
        for source in network.sources[node]:
            matrix[place[source] * len(nodes) + k] = network.weight
    return graph.add("MatMul", [state, graph.constant([len(columns), len(nodes)], matrix)])


def by_nodes(network, batch=None):
    """One sum, one product and one activation a node; every value is [n, 1].

    batch: how many samples; None: any number."""
    graph = Graph()
    split = (
        graph.add(
            "Split",
            ["in", graph.constant([len(network.inputs)], [1] * len(network.inputs), INT64)],
            outputs=len(network.inputs),
            axis=1,
        )
        if len(network.inputs) > 1
        else ["in"]
    )
    value = dict(zip(network.inputs, split))
    weight = graph.constant([1, 1], [network.weight])
    for node, activation in enumerate(network.activation):
        sources = network.sources[node]
        if activation == "bias":
            zero = graph.add("Mul", [split[0], graph.constant([1], [0.0])])
            value[node] = graph.add("Add", [zero, graph.constant([1], [1.0])])
        elif activation != "input":
            terms = [value[source] for source in sources]
            total = (
                graph.add("Sum", terms)
                if len(terms) > 1
                else terms[0]
                if terms
                else graph.add("Mul", [split[0], graph.constant([1], [0.0])])
            )
            value[node] = graph.activate(activation, graph.add("Mul", [total, weight]))
    outputs = [value[node] for node in network.outputs]
    graph.add(
        "Concat" if len(outputs) > 1 else "Identity",
        outputs,
        name="out",
        **({"axis": 1} if len(outputs) > 1 else {}),
    )
    return graph.model(network, batch)
