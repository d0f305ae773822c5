#!/usr/bin/env python3
"""A search on a task that is written in Python: to land softly from any height, with any weight.

A capsule falls (9.81 m/s^2); its engine can push up with up to twice its weight. It starts 20 to 60 m high,
sinking at 0 to 10 m/s, and is to touch the ground slowly, soon, and with little fuel. All episodes and
all weights of a network advance together, as columns of one array.

usage: landing.py [GENERATIONS [SEED [FILE.json]]]
"""
import sys

import numpy as np

import wann

EPISODES, STEPS, DT, GRAVITY = 16, 300, 0.1, 9.81


def starts(seed, n):
    rng = np.random.default_rng(seed)
    return rng.uniform(20, 60, n), rng.uniform(-10, 0, n)


def land(net, weights, seed, episodes=EPISODES):
    """The mean reward with each weight, and the mean speed at which it touches the ground."""
    weight = np.repeat(weights, episodes)
    height, speed = (np.tile(value, len(weights)) for value in starts(seed, episodes))
    fuel, time = np.zeros(len(weight)), np.zeros(len(weight))
    touch = np.full(len(weight), np.nan)
    for _ in range(STEPS):
        flies = np.isnan(touch)
        if not flies.any():
            break
        push = np.clip(net.columns(np.stack([height / 30, speed / 10]), weight)[0], 0, 1)
        speed = np.where(flies, speed + DT * (2 * GRAVITY * push - GRAVITY), speed)
        height = np.where(flies, height + DT * speed, height)
        fuel += np.where(flies, DT * push, 0)
        time += np.where(flies, DT, 0)
        touch = np.where(flies & (height <= 0), -speed, touch)
    hit = np.where(np.isnan(touch), 30, touch)  # still in the air at the end: as bad as a crash
    reward = -hit - 0.1 * fuel - 0.05 * time
    return reward.reshape(-1, episodes).mean(axis=1), hit.reshape(-1, episodes).mean(axis=1)


def search(generations, seed, population=96, say=print):
    run = wann.Search(
        inputs=2, outputs=1, seed=seed, settings={"popSize": population, "select_tournSize": 8},
        input_names=["height", "speed"], output_names=["push"],
    )  # fmt: skip
    while run.generation < generations:
        # The same episodes for all networks of a generation, others in the next one.
        run.tell([land(net, run.weights, run.generation)[0] for net in run.ask()])
        if run.generation % 10 == 0:
            best, reward = run.best()
            say(f"generation {run.generation}: {reward:.2f}, {best.connections} connections")
    return run


def main():
    generations, seed = (int(word) for word in (sys.argv[1:3] + ["60", "1"][len(sys.argv) - 1 :])[:2])
    best, _ = search(generations, seed).best()
    if len(sys.argv) > 3:
        best.save(sys.argv[3])
    print("\nweight  touches down at (m/s, mean of 200 new episodes)")
    weights = [-2, -1, -0.5, 0.5, 1, 2]
    for weight, speed in zip(weights, land(best, weights, 12345, 200)[1]):
        print(f"{weight:6}  {speed:.2f}")


if __name__ == "__main__":
    main()
