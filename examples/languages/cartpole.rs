// The champion, compiled by wannc to a static library, swings up a pole from Rust.

mod network {
    pub const INPUTS: usize = 5;
    pub const OUTPUTS: usize = 1;

    mod c {
        extern "C" {
            pub fn policy(input: *const f32, weight: f32, output: *mut f32);
        }
    }

    /// The raw outputs. Pure, so that any number of threads may call it.
    pub fn policy(input: &[f32; INPUTS], weight: f32) -> [f32; OUTPUTS] {
        let mut output = [0.0; OUTPUTS];
        // Safe: it reads INPUTS numbers and writes OUTPUTS, and keeps nothing.
        unsafe { c::policy(input.as_ptr(), weight, output.as_mut_ptr()) };
        output
    }
}

struct CartPole {
    x: f64,
    speed: f64,
    angle: f64,
    spin: f64,
}

impl CartPole {
    fn observe(&self) -> [f32; network::INPUTS] {
        [self.x as f32, self.speed as f32, self.angle.cos() as f32, self.angle.sin() as f32, self.spin as f32]
    }

    /// A hundredth of a second; the reward of the new state.
    fn step(&mut self, action: f64) -> f64 {
        let (s, c) = (self.angle.sin(), self.angle.cos());
        let push = 10.0 * action.clamp(-1.0, 1.0) - 0.1 * self.speed;
        let turning = self.spin * self.spin * s;
        let acceleration = (-0.6 * turning + 14.73 * s * c + 4.0 * push) / (4.0 - 1.5 * c * c);
        let turn = (-0.9 * turning * c + 58.92 * s + 6.0 * push * c) / (2.4 - 0.9 * c * c);
        self.x += 0.01 * self.speed;
        self.angle += 0.01 * self.spin;
        self.speed += 0.01 * acceleration;
        self.spin += 0.01 * turn;
        (self.angle.cos() + 1.0) / 2.0 * (self.x / 2.4 * std::f64::consts::FRAC_PI_2).cos()
    }
}

fn main() {
    let weight: f32 = std::env::args().nth(1).map_or(1.0, |word| word.parse().expect("a weight"));
    let mut world = CartPole { x: 0.0, speed: 0.0, angle: std::f64::consts::PI, spin: 0.0 };
    let (mut reward, mut t) = (0.0, 0);
    while t < 1000 && world.x.abs() <= 2.4 {
        let [force] = network::policy(&world.observe(), weight);
        reward += world.step(f64::from(force));
        t += 1;
    }
    println!("Rust: reward {:.1} with weight {}", reward, weight);
}
