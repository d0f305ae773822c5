#!/usr/bin/env bash
# examples/python: the module agrees with the headers, computes what the programs do, and the search on a task
# written in Python finds something.
# Given: WANN_SOURCE, WANN_BIN, WANN_LIBRARY, CC.
. "$WANN_SOURCE/tests/cli/cli.sh"
python=
for candidate in python3 /usr/bin/python3; do
    [ -n "$python" ] || ! "$candidate" -c 'import numpy' 2>/dev/null || python=$candidate
done
[ -n "$python" ] || skip "NumPy is missing (Debian package: python3-numpy)"
export PYTHONPATH=$WANN_SOURCE/examples/python PYTHONDONTWRITEBYTECODE=1

# The structures as C sees them: their sizes and where each field lies.
"$python" - >layout.c <<'END' || fail "the module does not load"
import wann
pairs = [("wann_diag", wann.Diag), ("wann_weights", wann.Weights), ("wann_read_options", wann.ReadOptions),
         ("wann_range", wann.Range), ("wann_compile_options", wann.CompileOptions),
         ("wann_policy_functions", wann.PolicyFunctions), ("wann_evaluation", wann.Evaluation),
         ("wann_scores", wann.ScoresOfC), ("wann_search_options", wann.SearchOptions)]
print("#include <wann/evaluate.h>\n#include <wann/search.h>")
check = '_Static_assert({} == {}, "{}");'
for name, structure in pairs:
    print(check.format(f"sizeof({name})", wann.c.sizeof(structure), name))
    for field in structure._fields_:
        print(check.format(f"offsetof({name}, {field[0]})", getattr(structure, field[0]).offset, name + "." + field[0]))
for words, prefix in ((wann.REALS, "WANN_"), (wann.CONDITIONS, "WANN_"), (wann.ENGINES, "WANN_ENGINE_"),
                      (wann.LEVELS, "WANN_"), (wann.MATHS, "WANN_MATH_"), (wann.WEIGHTINGS, "WANN_WEIGHT_")):
    for number, word in enumerate(words):
        print(check.format(prefix + word.upper(), number, word))
for ending, number in wann.KINDS.items():
    name = {"": "EXE", ".a": "STATIC", ".so": "SHARED", ".h": "HEADER", ".ll": "LLVM", ".bc": "BITCODE", ".s": "ASM", ".o": "OBJ"}
    print(check.format("WANN_KIND_" + name.get(ending, ending[1:].upper()), number, ending))
END
"$CC" -std=c17 -I"$WANN_SOURCE/include" -c layout.c -o layout.o 2>log || fail "the module and the headers differ: $(grep -m 3 error log)"

cp "$WANN_SOURCE/examples/champions/cartpole.json" champion.json
expect 0 "$wann" eval champion.json --task swingup --weights -1,0.85 --episodes 20 --json
cp stdout eval.json
expect 0 "$wannc" champion.json -O0 --real double --math libm -o exact
expect 0 "$wannc" champion.json --name policy -o theirs.c
"$python" - <<'END' || fail "what the module does"
import json, subprocess
import numpy as np
import wann

def refused(words, function, *arguments, **options):
    try:
        function(*arguments, **options)
    except (wann.Error, ValueError) as problem:
        assert words in str(problem), problem
    else:
        raise AssertionError(f"{words}: not refused")

# Networks, and the same bits as a program that is the interpreter.
net = wann.Net("champion.json")
assert (net.inputs, net.outputs, net.name) == (5, 1, "cartpole") and net.input_names[0] == "x"
assert net.shared_weight == 0.85 and len(net.weights) == net.connections == 57
rng = np.random.default_rng(1)
x = rng.normal(size=(200, 5))
text = "\n".join(",".join(repr(float(v)) for v in row) for row in x) + "\n"
run = subprocess.run(["./exact", "--weight", "-0.7"], input=text, capture_output=True, text=True, check=True)
exact = np.array([float(line) for line in run.stdout.split()])[:, None]
assert np.array_equal(net(x, weight=-0.7), exact) and net(x[3], weight=-0.7)[0] == exact[3, 0]
each = rng.uniform(-2, 2, 200)
assert np.array_equal(net(x, weight=each)[7], net(x[7], weight=each[7]))
assert not np.array_equal(net(x, tuned=net.weights), exact)
assert np.array_equal(net(x, tuned=np.full(57, -0.7)), exact)
assert np.array_equal(wann.Net.from_text(net.to_json())(x, weight=-0.7), exact)
net.save("copy.json")
assert wann.Net("copy.json").connections == 57
refused("bad.json", wann.Net, "bad.json")
refused("t.json:1:", wann.Net.from_text, "{", "t.json")
refused("shape (5, n)", net, x[:, :4])
refused("shape (57,)", net, x, tuned=[1, 2])

# Compiled: the same file as the program's, the same bits at -O0 in double, by either way.
net.compile("ours.c", name="policy")
assert open("ours.c").read().split("*/", 1)[1] == open("theirs.c").read().split("*/", 1)[1]
for jit in (True, False):
    try:
        policy = net.policy("double", "O0", math="libm", jit=jit)
    except wann.Error as problem:
        assert "LLVM" in str(problem), problem
        continue
    assert np.array_equal(policy(x, -0.7), exact)
    assert np.abs(net.policy("float", weight=-0.7, jit=jit)(x) - exact).max() < 1e-4
refused("does not tell what to make", net.compile, "a.txt")

# Evaluated as wann eval does.
told = json.load(open("eval.json"))
scores = wann.evaluate(net, "swingup", weights=[-1, 0.85], episodes=20)
assert scores.reward.shape == (2, 20) and scores.reward.ravel().tolist() == told["rewards"]
assert scores.accuracy is None and (scores.steps <= 1000).all()
refused("did you mean 'swingup'", wann.evaluate, net, "swingap")

# Ask and tell: repeatable, and networks that are gone say so.
def xor(net, weight):
    y = net([[0, 0], [0, 1], [1, 0], [1, 1]], weight)[:, 0]
    return 4 - np.minimum((y - [0, 1, 1, 0]) ** 2, 1).sum()
found = []
for seed in (1, 1, 2):
    search = wann.Search(2, 1, seed, {"popSize": 40}, input_names=["a", "b"])
    for _ in range(15):
        nets = search.ask()
        search.tell([[xor(net, weight) for weight in search.weights] for net in nets])
    refused("went with its generation", nets[0], [[0, 0]])
    best, reward = search.best()
    assert best.input_names == ["a", "b"] and abs(np.mean([xor(best, w) for w in search.weights]) - reward) < 1e-12
    found.append(best.to_json())
assert found[0] == found[1] != found[2]
refused("did you mean 'popSize'", wann.Search, 2, 1, settings={"popsize": 3})
refused("shape (40, 6)", search.tell, [1.0])
search.ask()
refused("not finite", search.tell, np.full((40, 6), np.nan))
search = wann.Search(2, 1, 1, {"algorithm": "neat", "popSize": 30})
nets = search.ask()
assert len(search.weights) == 0 and len(nets[0].weights) == nets[0].connections
search.tell(np.zeros(30))

# The example: worse at first than after some generations, and the champion lands more softly.
import landing
first = landing.search(1, 1, 24, say=lambda line: None).best()
later = landing.search(10, 1, 24, say=lambda line: None).best()
weights = [-2, -1, -0.5, 0.5, 1, 2]
speed = [landing.land(net, weights, 99, 50)[1].mean() for net in (first[0], later[0])]
print("touches down at %.1f m/s after one generation, at %.1f m/s after ten" % tuple(speed))
assert later[1] > first[1] + 2 and speed[1] < 0.8 * speed[0], (first[1], later[1], speed)
END
finish
