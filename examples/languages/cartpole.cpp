// The champion, compiled by wannc to C, swings up a pole from C++.
// A simulation of the cart and pole is in the same lines in cartpole.rs and cartpole.mjs.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "policy.h"

namespace {

struct CartPole {
    double x = 0, speed = 0, angle = 3.14159265358979323846, spin = 0; // hanging at rest

    std::array<float, POLICY_INPUTS> observe() const {
        return {float(x), float(speed), float(std::cos(angle)), float(std::sin(angle)), float(spin)};
    }

    // A hundredth of a second; the reward of the new state.
    double step(double action) {
        const double force = 10 * std::clamp(action, -1.0, 1.0), s = std::sin(angle), c = std::cos(angle);
        const double push = force - 0.1 * speed;
        const double acceleration = (-0.6 * spin * spin * s + 14.73 * s * c + 4 * push) / (4 - 1.5 * c * c);
        const double turn = (-0.9 * spin * spin * s * c + 58.92 * s + 6 * push * c) / (2.4 - 0.9 * c * c);
        x += 0.01 * speed;
        angle += 0.01 * spin;
        speed += 0.01 * acceleration;
        spin += 0.01 * turn;
        return (std::cos(angle) + 1) / 2 * std::cos(x / 2.4 * 1.57079632679489661923);
    }
};

} // namespace

int main(int argc, char **argv) {
    const float weight = argc > 1 ? std::strtof(argv[1], nullptr) : 1.0f;
    CartPole world;
    double reward = 0;
    for (int t = 0; t < 1000 && std::abs(world.x) <= 2.4; t++) {
        std::array<float, POLICY_OUTPUTS> force;
        policy(world.observe().data(), weight, force.data());
        reward += world.step(force[0]);
    }
    std::printf("C++: reward %.1f with weight %g\n", reward, double(weight));
}
