"""wann from Python: networks, their evaluation and compilation, and searches on tasks of your own.

A thin module over libwann.so, by ctypes; arrays are those of NumPy. The library is the one that the
environment's WANN_LIBRARY names, else that of `make build` in this tree, else an installed one.

    import wann
    net = wann.Net("champion.json")
    net(x, weight=0.8)                     # x[n, inputs] -> [n, outputs]
    wann.evaluate(net, "swingup", weights=[-1, 1], episodes=100).reward
    net.compile("policy.c")
"""
import ctypes as c
import ctypes.util
import os

import numpy as np

# --- the structures of wann/*.h -------------------------------------------------------------------


class Diag(c.Structure):
    _fields_ = [
        ("status", c.c_int),
        ("line", c.c_int),
        ("column", c.c_int),
        ("path", c.c_char * 512),
        ("text", c.c_char * 1024),
    ]


class Weights(c.Structure):
    _fields_ = [("shared", c.c_double), ("connection", c.c_void_p)]


class ReadOptions(c.Structure):
    _fields_ = [
        ("format", c.c_int),
        ("inputs", c.c_size_t),
        ("outputs", c.c_size_t),
        ("name", c.c_char_p),
    ]


class Range(c.Structure):
    _fields_ = [("low", c.c_double), ("high", c.c_double)]


class CompileOptions(c.Structure):
    _fields_ = [
        ("name", c.c_char_p),
        ("real", c.c_int),
        ("math", c.c_int),
        ("level", c.c_int),
        ("weighting", c.c_int),
        ("weight", c.c_double),
        ("tuned", c.c_void_p),
        ("batch", c.c_bool),
        ("ensemble", c.c_bool),
        ("ensemble_weights", c.c_void_p),
        ("n_ensemble_weights", c.c_size_t),
        ("gradient", c.c_bool),
        ("backend", c.c_int),
        ("target", c.c_char_p),
        ("cpu", c.c_char_p),
        ("debug", c.c_bool),
        ("input_range", c.c_void_p),
        ("n_input_ranges", c.c_size_t),
        ("weight_range", Range),
        ("template_dir", c.c_char_p),
        ("source", c.c_char_p),
        ("command", c.c_char_p),
    ]


class PolicyFunctions(c.Structure):
    _fields_ = [
        ("run_f32", c.c_void_p),
        ("run_f64", c.c_void_p),
        ("batch_f32", c.CFUNCTYPE(None, c.c_size_t, c.c_void_p, c.c_float, c.c_void_p)),
        ("batch_f64", c.CFUNCTYPE(None, c.c_size_t, c.c_void_p, c.c_double, c.c_void_p)),
        ("gradient_f32", c.c_void_p),
        ("gradient_f64", c.c_void_p),
        ("emit_seconds", c.c_double),
        ("compile_seconds", c.c_double),
    ]


class Evaluation(c.Structure):
    _fields_ = [
        ("condition", c.c_int),
        ("weights", c.c_void_p),
        ("n_weights", c.c_size_t),
        ("tuned", c.c_void_p),
        ("episodes", c.c_size_t),
        ("seed", c.c_uint64),
        ("steps", c.c_uint32),
        ("split", c.c_int),
        ("batch", c.c_size_t),
        ("engine", c.c_int),
        ("real", c.c_int),
        ("math", c.c_int),
        ("threads", c.c_size_t),
        ("vote", c.c_bool),
    ]


class ScoresOfC(c.Structure):
    _fields_ = [
        ("rows", c.c_size_t),
        ("episodes", c.c_size_t),
        ("reward", c.POINTER(c.c_double)),
        ("steps", c.POINTER(c.c_uint32)),
        ("weight", c.POINTER(c.c_double)),
        ("accuracy", c.POINTER(c.c_double)),
    ]


class SearchOptions(c.Structure):
    _fields_ = [
        ("inputs", c.c_size_t),
        ("outputs", c.c_size_t),
        ("input_names", c.POINTER(c.c_char_p)),
        ("output_names", c.POINTER(c.c_char_p)),
        ("hidden_activations", c.c_uint32),
        ("settings_file", c.c_char_p),
        ("settings", c.POINTER(c.c_char_p)),
        ("seed", c.c_uint64),
    ]


# Words of the enumerations, in their order.
CONDITIONS = ("shared", "random_shared", "random", "tuned")
ENGINES = ("auto", "interpreter", "lanes", "compiled", "jit")
REALS = ("float", "double")
LEVELS = ("O0", "O1", "O2", "Os")
MATHS = ("default", "libm", "inline")
WEIGHTINGS = ("parameter", "baked", "tuned")
KINDS = {
    ".c": 0, ".h": 1, ".a": 2, ".so": 3, "": 4, ".dot": 5, ".svg": 6, ".png": 7, ".json": 8,
    ".ll": 9, ".bc": 10, ".s": 11, ".o": 12, ".wasm": 13, ".onnx": 14,
}  # fmt: skip

# --- the library ----------------------------------------------------------------------------------


class Error(Exception):
    """What the library refuses, with the place where it has one: "net.json:3:7: unknown activation"."""


def _open():
    here = os.path.dirname(os.path.abspath(__file__))
    built = os.path.join(here, "..", "..", "build", "release", "lib", "libwann.so")
    asked = os.environ.get("WANN_LIBRARY")
    for name in [asked] if asked else [built, "libwann.so.0", ctypes.util.find_library("wann")]:
        try:
            if name:
                return c.CDLL(name)
        except OSError as problem:
            reason = problem
    raise ImportError(f"libwann.so was not found; set WANN_LIBRARY to its path ({reason})")


_lib = _open()


def _function(name, result, *arguments):
    function = getattr(_lib, "wann_" + name)
    function.restype, function.argtypes = result, arguments
    return function


_P, _S = c.c_void_p, c.c_char_p
_version = _function("version", _S)
_free = _function("free", None, _P)
_net_read = _function("net_read", c.c_int, _S, _P, _P, _P, _P)
_net_read_memory = _function("net_read_memory", c.c_int, _S, c.c_size_t, _S, _P, _P, _P, _P)
_net_write = _function("net_write", c.c_int, _P, _S, c.c_int, _P)
_net_destroy = _function("net_destroy", None, _P)
_weights_read = _function("weights_read", c.c_int, _P, _S, c.c_double, _P, _P)
_net_text = {name: _function("net_" + name, _S, _P) for name in ("name", "task")}
_net_count = {
    name: _function("net_" + name, c.c_size_t, _P)
    for name in ("nodes", "connections", "inputs", "outputs", "depth")
}
_net_input_name = _function("net_input_name", _S, _P, c.c_size_t)
_net_output_name = _function("net_output_name", _S, _P, c.c_size_t)
_net_shared_weight = _function("net_shared_weight", c.c_bool, _P, _P)
_net_weights = _function("net_weights", c.POINTER(c.c_double), _P)
_lanes_create = _function("lanes_create", c.c_int, _P, _P, _P)
_lanes_destroy = _function("lanes_destroy", None, _P)
_lanes_run = _function(
    "lanes_run", None, _P, c.c_size_t, _P, c.c_size_t, _P, Weights, _P, c.c_size_t
)
_compile_defaults = _function("compile_defaults", CompileOptions)
_compile_file = _function("compile_file", c.c_int, _P, _P, c.c_int, _S, c.c_bool, _P)
_compile_text = _function("compile_text", c.c_int, _P, _P, c.c_int, _P, _P, _P)
_policy_load = _function("policy_load", c.c_int, _P, _P, _P, _P, _P)
_jit_compile = _function("jit_compile", c.c_int, _P, _P, c.c_int, _P, _P)
_policy_get = _function("policy_get", c.POINTER(PolicyFunctions), _P)
_policy_destroy = _function("policy_destroy", None, _P)
_task_open = _function("task_open", c.c_int, _S, _P, _P, _P)
_task_close = _function("task_close", None, _P)
_evaluation_defaults = _function("evaluation_defaults", Evaluation)
_evaluate = _function("evaluate", c.c_int, _P, _P, _P, _P, _P)
_scores_free = _function("scores_free", None, _P)
_search_create = _function("search_create", c.c_int, _P, _P, _P)
_search_destroy = _function("search_destroy", None, _P)
_search_weights = _function("search_weights", c.POINTER(c.c_double), _P, _P)
_search_ask = _function("search_ask", c.c_int, _P, _P, _P, _P)
_search_tell = _function("search_tell", c.c_int, _P, _P, _P)
_search_generation = _function("search_generation", c.c_uint32, _P)
_search_best = _function("search_best", _P, _P, _P)


def _do(function, *arguments):
    """Call what answers a status and takes a wann_diag at the end."""
    diag = Diag()
    if function(*arguments, c.byref(diag)) == 0:
        return
    text = lambda raw: raw.decode("utf-8", "replace")
    place = text(diag.path) + (f":{diag.line}:{diag.column}" if diag.line else "")
    raise Error((place + ": " if place else "") + text(diag.text))


def _made(function, *arguments):
    """The same where the last argument but the diag is a pointer to what was made."""
    pointer = c.c_void_p()
    _do(function, *arguments, c.byref(pointer))
    return pointer


def _bytes(text):
    return text if text is None or isinstance(text, bytes) else os.fsencode(text)


def _texts(texts):
    """A NULL-terminated list."""
    texts = [text.encode() for text in texts]
    return (c.c_char_p * (len(texts) + 1))(*texts, None)


def _doubles(values, shape=None):
    """A C array of doubles; None stays None."""
    if values is None:
        return None
    array = np.ascontiguousarray(values, dtype=np.float64)
    if shape is not None and array.shape != shape:
        raise ValueError(f"expected an array of shape {shape}, not {array.shape}")
    return array


def version():
    return _version().decode()


# --- networks -------------------------------------------------------------------------------------


class Net:
    """A network, read from a file (.json, .out, .csv, .onnx); it never changes."""

    def __init__(self, path, inputs=0, outputs=0):
        """inputs, outputs: for matrix files, which do not say."""
        options = ReadOptions(0, inputs, outputs, None)
        net = c.c_void_p()
        _do(_net_read, _bytes(path), c.byref(options), c.byref(net), None)
        self._adopt(net.value)

    @classmethod
    def from_text(cls, text, name="text.json"):
        data, net, made = text.encode(), c.c_void_p(), cls.__new__(cls)
        _do(_net_read_memory, data, len(data), name.encode(), None, c.byref(net), None)
        return made._adopt(net.value)

    def _adopt(self, pointer, search=None):
        """search: whose network it is, until the search is told; None: one's own."""
        self._pointer, self._search, self._lanes = pointer, search, None
        self._asked = search.generation if search else 0
        return self

    def __del__(self):
        if getattr(self, "_lanes", None):
            _lanes_destroy(self._lanes)
        if getattr(self, "_pointer", None) and not self._search:
            _net_destroy(self._pointer)

    @property
    def _net(self):
        if self._search and (not self._search._pointer or self._search.generation != self._asked):
            raise Error("this network went with its generation; keep a copy() of it before tell")
        return self._pointer

    def copy(self):
        return Net.from_text(self.to_json())

    def to_json(self):
        text, options = c.c_void_p(), _compile_defaults()
        _do(_compile_text, self._net, c.byref(options), KINDS[".json"], c.byref(text), None)
        made = c.string_at(text.value).decode()
        _free(text)
        return made

    def save(self, path):
        """As .json, .out or .onnx, by the ending."""
        _do(_net_write, self._net, _bytes(path), 0)

    nodes = property(lambda self: _net_count["nodes"](self._net))
    connections = property(lambda self: _net_count["connections"](self._net))
    inputs = property(lambda self: _net_count["inputs"](self._net))
    outputs = property(lambda self: _net_count["outputs"](self._net))
    depth = property(lambda self: _net_count["depth"](self._net))
    name = property(lambda self: _net_text["name"](self._net).decode())

    @property
    def input_names(self):
        return [_net_input_name(self._net, i).decode() for i in range(self.inputs)]

    @property
    def output_names(self):
        return [_net_output_name(self._net, o).decode() for o in range(self.outputs)]

    @property
    def shared_weight(self):
        """The one that the file recommends, or None."""
        weight = c.c_double()
        return weight.value if _net_shared_weight(self._net, c.byref(weight)) else None

    @property
    def weights(self):
        """One weight a connection, or None if the file has none."""
        pointer, n = _net_weights(self._net), self.connections
        return np.ctypeslib.as_array(pointer, (n,)).copy() if pointer and n else None

    def read_weights(self, path, bias=0.0):
        """Those of a weights file of the published tool (.wann.json), for `tuned`."""
        pointer = _made(_weights_read, self._net, _bytes(path), bias)
        made = np.ctypeslib.as_array(c.cast(pointer, c.POINTER(c.c_double)), (self.connections,)).copy()
        _free(pointer)
        return made

    def columns(self, x, weight=1.0, tuned=None):
        """Raw outputs [outputs, n] of x[inputs, n], bit for bit the reference interpreter in double.

        weight: the shared weight, a number or one for each of the n columns; tuned: one weight for
        each connection instead."""
        if not self._lanes:
            self._lanes = _made(_lanes_create, self._net)
        x = _doubles(x)
        if x.ndim != 2 or x.shape[0] != self.inputs:
            raise ValueError(f"expected an array of shape ({self.inputs}, n), not {x.shape}")
        n, out = x.shape[1], np.empty((self.outputs, x.shape[1]))
        tuned = _doubles(tuned, (self.connections,) if tuned is not None else None)
        each = None if np.ndim(weight) == 0 else _doubles(weight, (n,))
        weights = Weights(
            float(weight) if each is None else 0.0, None if tuned is None else tuned.ctypes.data
        )
        lanes = None if each is None or tuned is not None else each.ctypes.data
        _lanes_run(self._lanes, n, x.ctypes.data, n, lanes, weights, out.ctypes.data, n)
        return out

    def __call__(self, x, weight=1.0, tuned=None):
        """Raw outputs [n, outputs] of x[n, inputs], or [outputs] of x[inputs]."""
        x = np.asarray(x, dtype=np.float64)
        out = self.columns(x.T if x.ndim == 2 else x[:, None], weight, tuned).T
        return out if x.ndim == 2 else out[0]

    def _options(self, real, level, weight, tuned, batch, name, math):
        options = _compile_defaults()
        options.real, options.level = REALS.index(real), LEVELS.index(level)
        options.math, options.batch = MATHS.index(math), batch
        options.name = None if name is None else name.encode()
        if weight is not None:
            options.weighting, options.weight = WEIGHTINGS.index("baked"), weight
        if tuned is not None:
            options.weighting = WEIGHTINGS.index("tuned")
            options.tuned = tuned.ctypes.data
        return options

    def compile(
        self, path, real="float", level="O1", weight=None, tuned=None, batch=False, name=None, math="default"
    ):
        """Make a file of it; the ending tells the kind (.c with its header, .h, .so, .onnx, .svg, ...)."""
        ending = os.path.splitext(path)[1]
        if ending not in KINDS:
            raise ValueError(f"'{ending}' does not tell what to make; expected one of {list(KINDS)}")
        tuned = _doubles(tuned, (self.connections,) if tuned is not None else None)
        options = self._options(real, level, weight, tuned, batch, name, math)
        _do(_compile_file, self._net, c.byref(options), KINDS[ending], _bytes(path), ending == ".c")

    def policy(self, real="double", level="O1", weight=None, tuned=None, math="default", jit=True):
        """Machine code of it, loaded: a function of x[n, inputs] and the weight."""
        return Policy(self, real, level, weight, tuned, math, jit)


class Policy:
    """A compiled network: policy(x[n, inputs], weight) -> [n, outputs]."""

    def __init__(self, net, real, level, weight, tuned, math, jit):
        tuned = _doubles(tuned, (net.connections,) if tuned is not None else None)
        options = net._options(real, level, weight, tuned, True, None, math)
        arguments = (net._net, c.byref(options), 0 if jit else None)
        self._pointer = _made(_jit_compile if jit else _policy_load, *arguments)
        functions = _policy_get(self._pointer).contents
        self._run = functions.batch_f64 if real == "double" else functions.batch_f32
        self._type = np.float64 if real == "double" else np.float32
        self.inputs, self.outputs = net.inputs, net.outputs

    def __del__(self):
        if getattr(self, "_pointer", None):
            _policy_destroy(self._pointer)

    def __call__(self, x, weight=1.0):
        x = np.ascontiguousarray(x, dtype=self._type)
        if x.ndim != 2 or x.shape[1] != self.inputs:
            raise ValueError(f"expected an array of shape (n, {self.inputs}), not {x.shape}")
        out = np.empty((len(x), self.outputs), self._type)
        self._run(len(x), x.ctypes.data, weight, out.ctypes.data)
        return out


# --- tasks ----------------------------------------------------------------------------------------


class Scores:
    """reward, steps, weight and, of classification, accuracy (else None): arrays [rows, episodes]."""

    def __init__(self, scores):
        shape = (scores.rows, scores.episodes)

        def array(pointer):
            return np.ctypeslib.as_array(pointer, shape).copy() if pointer else None

        self.reward, self.steps = array(scores.reward), array(scores.steps)
        self.weight, self.accuracy = array(scores.weight), array(scores.accuracy)


def evaluate(
    net, task, weights=None, condition="shared", tuned=None, episodes=100, seed=0, options=(),
    engine="auto", real="double", threads=0, steps=0,
):  # fmt: skip
    """A network's scores on a task, by name or the path of a plug-in. weights: shared ones, each of which
    is a row; condition: "shared", "random_shared", "random" or "tuned" (with the weights `tuned`)."""
    if weights is None:
        weights = [1.0 if net.shared_weight is None else net.shared_weight]
    e, scores, handle = _evaluation_defaults(), ScoresOfC(), c.c_void_p()
    weights, tuned = _doubles(weights), _doubles(tuned)
    if weights.ndim != 1 or (tuned is not None and tuned.shape != (net.connections,)):
        raise ValueError("expected a list of weights, and for tuned one for each connection")
    e.condition, e.engine = CONDITIONS.index(condition), ENGINES.index(engine)
    e.real, e.threads, e.steps = REALS.index(real), threads, steps
    e.weights, e.n_weights, e.episodes, e.seed = weights.ctypes.data, len(weights), episodes, seed
    e.tuned = None if tuned is None else tuned.ctypes.data
    _do(_task_open, task.encode(), _texts(options), c.byref(handle))
    try:
        _do(_evaluate, net._net, handle, c.byref(e), c.byref(scores))
        made = Scores(scores)
        _scores_free(c.byref(scores))
        return made
    finally:
        _task_close(handle)


# --- searches -------------------------------------------------------------------------------------


class Search:
    """A search by asking and telling:

        search = wann.Search(inputs=3, outputs=1, seed=1, settings={"popSize": 64})
        while search.generation < 100:
            nets = search.ask()
            search.tell([[score(net, weight) for weight in search.weights] for net in nets])
        best, reward = search.best()
    """

    def __init__(self, inputs, outputs, seed=0, settings=None, input_names=None, output_names=None):
        self._pointer = None
        lines = [f"{key}={value}" for key, value in (settings or {}).items()]
        options = SearchOptions(inputs=inputs, outputs=outputs, seed=seed)
        keep = _texts(lines), _texts(input_names or []), _texts(output_names or [])
        options.settings = c.cast(keep[0], c.POINTER(c.c_char_p))
        for names, n, field in ((keep[1], inputs, "input_names"), (keep[2], outputs, "output_names")):
            if len(names) > 1:
                if len(names) - 1 != n:
                    raise ValueError(f"expected {n} {field}, not {len(names) - 1}")
                setattr(options, field, c.cast(names, c.POINTER(c.c_char_p)))
        self._pointer = _made(_search_create, c.byref(options))
        self._asked = 0

    def __del__(self):
        if self._pointer:
            _search_destroy(self._pointer)

    @property
    def weights(self):
        """The shared weights that each network is tried with; none where weights evolve."""
        n = c.c_size_t()
        pointer = _search_weights(self._pointer, c.byref(n))
        return np.ctypeslib.as_array(pointer, (n.value,)).copy() if n.value else np.empty(0)

    @property
    def generation(self):
        return _search_generation(self._pointer) if self._pointer else -1

    def ask(self):
        """The networks of this generation; they are gone after tell (copy() keeps one)."""
        nets, n = c.POINTER(c.c_void_p)(), c.c_size_t()
        _do(_search_ask, self._pointer, c.byref(nets), c.byref(n))
        self._asked = n.value
        return [Net.__new__(Net)._adopt(nets[i], self) for i in range(n.value)]

    def tell(self, rewards):
        """rewards[networks, weights], or [networks] where weights evolve."""
        n = len(self.weights)
        shape = (self._asked, n) if n else (self._asked,)
        rewards = _doubles(rewards, shape)
        _do(_search_tell, self._pointer, rewards.ctypes.data)

    def best(self):
        """The best network so far, a copy, and its mean reward; (None, None) before the first tell."""
        reward = c.c_double()
        pointer = _search_best(self._pointer, c.byref(reward))
        if not pointer:
            return None, None
        return Net.__new__(Net)._adopt(pointer, self).copy(), reward.value
