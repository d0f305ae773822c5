#!/usr/bin/env python3
"""What a step of the swing-up and a call of the network take in NumPy, done as the original program
does: one state at a time, the network as a dense matrix whose columns are run node by node.

usage: swingup_numpy.py MATRIX.out INPUTS WEIGHT

Prints a line of JSON: seconds for a step and for a call of the network, and the reward of an
episode, by which the caller sees that both compute the same."""
import json
import statistics
import sys
import time

import numpy as np

TRACK, GRAVITY, CART, POLE, LENGTH, FRICTION, FORCE, DT = 2.4, 9.82, 0.5, 0.5, 0.6, 0.1, 10.0, 0.01
ROUNDS = 7


class CartPole:
    """The dynamics of Gal, McAllister and Rasmussen (2016), as envs/swingup_step.h states them."""

    def reset(self, state):
        self.state = np.array(state)
        self.steps = 0
        return self.observe()

    def observe(self):
        x, x_dot, theta, theta_dot = self.state
        return np.array([x, x_dot, np.cos(theta), np.sin(theta), theta_dot])

    def step(self, action):
        force = FORCE * np.clip(action, -1.0, 1.0)[0]
        x, x_dot, theta, theta_dot = self.state
        s, c = np.sin(theta), np.cos(theta)
        mass, moment = CART + POLE, POLE * LENGTH
        x_acceleration = (
            -2 * moment * theta_dot**2 * s
            + 3 * POLE * GRAVITY * s * c
            + 4 * force
            - 4 * FRICTION * x_dot
        ) / (4 * mass - 3 * POLE * c**2)
        theta_acceleration = (
            -3 * moment * theta_dot**2 * s * c
            + 6 * mass * GRAVITY * s
            + 6 * (force - FRICTION * x_dot) * c
        ) / (4 * LENGTH * mass - 3 * moment * c**2)
        x, theta = x + x_dot * DT, theta + theta_dot * DT
        x_dot, theta_dot = x_dot + x_acceleration * DT, theta_dot + theta_acceleration * DT
        self.state = np.array([x, x_dot, theta, theta_dot])
        self.steps += 1
        reward = (np.cos(theta) + 1.0) / 2.0 * np.cos(x / TRACK * (np.pi / 2.0))
        done = bool(x < -TRACK or x > TRACK or self.steps >= 1000)
        return self.observe(), reward, done


ACTIVATIONS = {
    1: lambda x: x,
    2: lambda x: 1.0 * (x > 0.0),
    3: lambda x: np.sin(np.pi * x),
    4: lambda x: np.exp(-np.multiply(x, x) / 2.0),
    5: np.tanh,
    6: lambda x: (np.tanh(x / 2.0) + 1.0) / 2.0,
    7: lambda x: -x,
    8: np.abs,
    9: lambda x: np.maximum(0, x),
    10: lambda x: np.cos(np.pi * x),
    11: lambda x: x**2,
}


def call(matrix, kinds, inputs, outputs, observation):
    nodes = np.zeros((1, len(kinds)))
    nodes[0, 0] = 1
    nodes[0, 1 : inputs + 1] = observation
    for i in range(inputs + 1, len(kinds)):
        nodes[:, i] = ACTIVATIONS[kinds[i]](np.dot(nodes, matrix[:, i : i + 1]))[0]
    return nodes[:, -outputs:][0]


def seconds(run):
    """The median of rounds, a first one left out."""
    times = []
    for _ in range(ROUNDS + 1):
        start = time.process_time()
        n = run()
        times.append((time.process_time() - start) / n)
    return statistics.median(times[1:])


def main():
    table = np.genfromtxt(sys.argv[1], delimiter=",")
    inputs, weight = int(sys.argv[2]), float(sys.argv[3])
    matrix, kinds = np.nan_to_num(table[:, :-1]), [int(kind) for kind in table[:, -1]]
    matrix[matrix != 0] = weight
    world, actions = CartPole(), []

    def episode():
        observation, done, total = world.reset((0.0, 0.0, np.pi, 0.0)), False, 0.0
        actions.clear()
        while not done:
            actions.append(call(matrix, kinds, inputs, 1, observation))
            observation, reward, done = world.step(actions[-1])
            total += reward
        return total

    def steps():
        world.reset((0.0, 0.0, np.pi, 0.0))
        for action in actions:
            world.step(action)
        return len(actions)

    def calls():
        observation = world.observe()
        for _ in range(200):
            call(matrix, kinds, inputs, 1, observation)
        return 200

    reward = episode()
    print(
        json.dumps(
            {
                "reward": reward,
                "steps": len(actions),
                "step": seconds(steps),
                "call": seconds(calls),
            }
        )
    )


main()
