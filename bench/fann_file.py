"""Benchmarks: a network as a file of FANN, as far as FANN has its activations.

FANN knows neither relu nor abs, but a piece of a line from 0 to 1, which, flat enough, is a relu
of any sum below SPAN; abs is two of them. Its step gives 1 at 0, and it limits arguments of sin
and cos."""
import math

SPAN = 1024.0

# Activation: FANN's number, steepness, factors (of the sum, of the result) of the neurons that
# make it.
NEURONS = {
    "linear": (0, 1.0, ((1.0, 1.0),)),
    "inverse": (0, 1.0, ((-1.0, 1.0),)),
    "step": (1, 1.0, ((1.0, 1.0),)),
    "sigmoid": (3, 0.5, ((1.0, 1.0),)),
    "tanh": (5, 1.0, ((1.0, 1.0),)),
    "gaussian": (7, math.sqrt(0.5), ((1.0, 1.0),)),
    "sin": (14, math.pi, ((1.0, 1.0),)),
    "cos": (15, math.pi, ((1.0, 1.0),)),
    "relu": (12, 1 / SPAN, ((1.0, SPAN),)),
    "abs": (12, 1 / SPAN, ((1.0, SPAN), (-1.0, SPAN))),
}

# What has to stand in a file, in this order. A rate below 1 makes FANN follow the connections of
# the file.
SETTINGS = """FANN_FLO_2.1
num_layers={layers}
learning_rate=0.7
connection_rate=0.5
network_type=0
learning_momentum=0
training_algorithm=2
train_error_function=1
train_stop_function=0
cascade_output_change_fraction=0.01
quickprop_decay=-0.0001
quickprop_mu=1.75
rprop_increase_factor=1.2
rprop_decrease_factor=0.5
rprop_delta_min=0
rprop_delta_max=50
rprop_delta_zero=0.1
cascade_output_stagnation_epochs=12
cascade_candidate_change_fraction=0.01
cascade_candidate_stagnation_epochs=12
cascade_max_out_epochs=150
cascade_min_out_epochs=50
cascade_max_cand_epochs=150
cascade_min_cand_epochs=50
cascade_num_candidate_groups=2
bit_fail_limit=0.35
cascade_candidate_limit=1000
cascade_weight_multiplier=0.4
cascade_activation_functions_count=1
cascade_activation_functions=3 
cascade_activation_steepnesses_count=1
cascade_activation_steepnesses=0.5 
layer_sizes={sizes} 
scale_included=0
neurons (num_inputs, activation_function, activation_steepness)={neurons} 
connections (connected_to_neuron, weight)={connections} 
"""
BIAS_NEURON = "(0, 0, 0)"


def unsupported(network):
    """Why FANN cannot run a network, or None."""
    missing = sorted(
        {a for a in network.activation if a not in NEURONS and a not in ("bias", "input")}
    )
    if missing:
        return "no activation like " + ", ".join(missing)
    if any(
        len(NEURONS[network.activation[o]][2]) > 1 or NEURONS[network.activation[o]][2][0][1] != 1
        for o in network.outputs
    ):
        return "no such activation of an output"
    read = {source for sources in network.sources for source in sources}
    return "outputs are read by other nodes" if read & set(network.outputs) else None


def layers_of(network):
    """The computed nodes by level, the outputs in a last one of their own."""
    computed = [
        k
        for k, a in enumerate(network.activation)
        if a not in ("bias", "input") and k not in network.outputs
    ]
    levels = sorted({network.level[k] for k in computed})
    return [[k for k in computed if network.level[k] == level] for level in levels] + [
        network.outputs
    ]


def text(network):
    """The file. Each layer ends with a neuron that is always 1."""
    n_inputs = len(network.inputs)
    value = {node: [(k, 1.0)] for k, node in enumerate(network.inputs)}  # neurons and their factors
    value.update({k: [(n_inputs, 1.0)] for k, a in enumerate(network.activation) if a == "bias"})
    sizes, neurons, connections = [n_inputs + 1], [BIAS_NEURON] * (n_inputs + 1), []
    for layer in layers_of(network):
        before = len(neurons)
        for node in layer:
            number, steepness, factors = NEURONS[network.activation[node]]
            value[node] = []
            for of_sum, of_result in factors:
                terms = [
                    (neuron, of_sum * network.weight * factor)
                    for source in network.sources[node]
                    for neuron, factor in value[source]
                ]
                terms = terms or [(n_inputs, 0.0)]  # a neuron that reads none would be a bias
                value[node].append((len(neurons), of_result))
                neurons.append(f"({len(terms)}, {number}, {steepness!r})")
                connections += [f"({neuron}, {weight!r})" for neuron, weight in terms]
        neurons.append(BIAS_NEURON)
        sizes.append(len(neurons) - before)
    return SETTINGS.format(
        layers=len(sizes),
        sizes=" ".join(map(str, sizes)),
        neurons=" ".join(neurons),
        connections=" ".join(connections),
    )
