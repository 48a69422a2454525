//! The yardstick: three workloads written by hand, each as one loop that can do nothing else.
//!
//! The simulator is timed against these in the same run, so the ratio says what generality costs
//! on this machine. They share no code with the simulator: neither its queue nor its samplers
//! nor its histogram, lest a slip in those hide in both.

pub(crate) mod w1;
pub(crate) mod w2;
pub(crate) mod w7;

/// Nanoseconds in a second.
pub(crate) const SECOND: f64 = 1e9;

/// What became of the requests to a fleet, and of their attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Fates {
    /// Requests answered in time, at whichever attempt.
    pub(crate) completed: u64,
    /// Requests none of whose attempts was.
    pub(crate) failed: u64,
    /// Attempts the client gave up on.
    pub(crate) timed_out: u64,
    /// Attempts a full backlog refused.
    pub(crate) refused: u64,
}

/// One future event: when, and of what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// Nanoseconds since the start.
    pub(crate) time: u64,
    /// What the loop that put it here wants to know.
    pub(crate) id: u32,
}

/// Fills the places no event occupies; later than every event.
const VACANT: Entry = Entry { time: u64::MAX, id: u32::MAX };

/// Four siblings of the heap, one line of cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Siblings([Entry; 4]);

/// A heap with four children to a parent, the earliest event at its root.
///
/// Events are numbered so that siblings are four in a row: the root is number 3, and the children
/// of number i are the four of group i - 2, which start at number 4 (i - 2). One group of vacant
/// places always follows the last event, so the least of four needs no count of how many there
/// are.
#[derive(Debug)]
pub(crate) struct Heap {
    groups: Vec<Siblings>,
    /// The number after that of the last event.
    end: usize,
}

impl Heap {
    /// The number of the root.
    const ROOT: usize = 3;

    /// An empty heap.
    pub(crate) fn new() -> Heap {
        Heap { groups: vec![Siblings([VACANT; 4]); 4], end: Heap::ROOT }
    }

    /// When the earliest event is due; `u64::MAX` if there is none.
    #[inline(always)]
    pub(crate) fn next_time(&self) -> u64 {
        self.groups[0].0[Heap::ROOT].time
    }

    /// What the earliest event is of.
    #[inline(always)]
    pub(crate) fn next_id(&self) -> u32 {
        self.groups[0].0[Heap::ROOT].id
    }

    /// How many events there are.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.end - Heap::ROOT
    }

    #[inline(always)]
    fn at(&mut self, number: usize) -> &mut Entry {
        &mut self.groups[number / 4].0[number % 4]
    }

    /// Adds an event.
    #[inline(always)]
    pub(crate) fn push(&mut self, time: u64, id: u32) {
        let number = self.end;
        self.end += 1;
        if self.end / 4 + 1 >= self.groups.len() {
            self.groups.resize(self.groups.len() * 2, Siblings([VACANT; 4]));
        }
        self.rise(number, Entry { time, id });
    }

    /// Removes the earliest event, of which there must be one.
    #[inline(always)]
    pub(crate) fn pop(&mut self) {
        self.end -= 1;
        let end = self.end;
        let last = std::mem::replace(self.at(end), VACANT);
        if end > Heap::ROOT {
            self.sink(last);
        }
    }

    /// Replaces the earliest event, of which there must be one.
    #[inline(always)]
    pub(crate) fn replace(&mut self, time: u64, id: u32) {
        self.sink(Entry { time, id });
    }

    /// Puts `entry` in the place of the root.
    #[inline(always)]
    fn sink(&mut self, entry: Entry) {
        // The gap at the root goes all the way down before the entry is looked at: an entry from
        // the end of the heap belongs near the bottom, and this saves a comparison per level.
        let mut gap = Heap::ROOT;
        while (gap - 2) * 4 < self.end {
            let group = &self.groups[gap - 2].0;
            let [a, b, c, d] = [group[0].time, group[1].time, group[2].time, group[3].time];
            let (left, left_at) = if b < a { (b, 1) } else { (a, 0) };
            let (right, right_at) = if d < c { (d, 3) } else { (c, 2) };
            let at = if right < left { right_at } else { left_at };
            let least = group[at];
            *self.at(gap) = least;
            gap = (gap - 2) * 4 + at;
        }
        self.rise(gap, entry);
    }

    /// Puts `entry` at `number`, or nearer the root until its parent is no later.
    #[inline(always)]
    fn rise(&mut self, mut number: usize, entry: Entry) {
        while number > Heap::ROOT {
            let parent = number / 4 + 2;
            let above = *self.at(parent);
            if above.time <= entry.time {
                break;
            }
            *self.at(number) = above;
            number = parent;
        }
        *self.at(number) = entry;
    }
}

/// How many connections each of at most 64 nodes has, such that the least busy is known at once.
#[derive(Debug)]
pub(crate) struct Levels {
    /// The nodes with each number of connections, one bit a node.
    nodes: Vec<u64>,
    /// The first level with a node.
    least: usize,
}

impl Levels {
    /// So many idle nodes, each of which can have so many connections.
    pub(crate) fn new(nodes: usize, most: usize) -> Levels {
        let mut levels = Levels { nodes: vec![0; most + 1], least: 0 };
        levels.nodes[0] = u64::MAX >> (64 - nodes);
        levels
    }

    /// Whether no node can have another connection.
    #[inline(always)]
    pub(crate) fn are_full(&self) -> bool {
        self.least == self.nodes.len() - 1
    }

    /// The first of the nodes with the fewest connections, which gets another one; they must not
    /// be full.
    #[inline(always)]
    pub(crate) fn connect(&mut self) -> usize {
        let level = self.least;
        let node = self.nodes[level].trailing_zeros() as usize;
        let bit = 1 << node;
        self.nodes[level] ^= bit;
        self.nodes[level + 1] ^= bit;
        self.least += usize::from(self.nodes[level] == 0);
        node
    }

    /// Takes one of a node's so many connections away.
    #[inline(always)]
    pub(crate) fn disconnect(&mut self, node: usize, connections: u32) {
        let level = connections as usize;
        let bit = 1 << node;
        self.nodes[level] ^= bit;
        self.nodes[level - 1] ^= bit;
        self.least = self.least.min(level - 1);
    }
}

/// xoshiro256++ of Blackman and Vigna, its state filled by splitmix64.
#[derive(Clone, Debug)]
pub(crate) struct Random([u64; 4]);

impl Random {
    /// The generator of a seed.
    pub(crate) fn new(seed: u64) -> Random {
        let mut counter = seed;
        Random([(); 4].map(|()| {
            counter = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (counter ^ (counter >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }))
    }

    /// The next 64 bits.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> u64 {
        let s = &mut self.0;
        let bits = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        bits
    }

    /// A number uniform in (0, 1].
    fn unit(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 * (1.0 / (1u64 << 53) as f64)
    }
}

/// The layers of a falling density, of equal area, by the ziggurat method of Marsaglia and Tsang.
///
/// Its tables are computed at the start with libm, so the samples have the same bits wherever
/// and with whichever features this is built.
#[derive(Debug)]
pub(crate) struct Ziggurat {
    /// The right end of each layer, the outermost first; the last is 0.
    edge: [f64; LAYERS + 1],
    /// The density at each edge.
    height: [f64; LAYERS + 1],
}

const LAYERS: usize = 256;

impl Ziggurat {
    /// Layers for a density scaled to 1 at 0, given its inverse, the start of its tail and the
    /// area of a layer.
    fn new(density: fn(f64) -> f64, inverse: fn(f64) -> f64, tail: f64, area: f64) -> Ziggurat {
        let mut edge = [0.0; LAYERS + 1];
        // The base layer is the tail squared off: as wide as its area demands.
        edge[0] = area / density(tail);
        edge[1] = tail;
        for i in 2..LAYERS {
            edge[i] = inverse(density(edge[i - 1]) + area / edge[i - 1]);
        }
        Ziggurat { edge, height: edge.map(density) }
    }

    /// The layers of exp(-x).
    pub(crate) fn exponential() -> Ziggurat {
        let density = |x: f64| libm::exp(-x);
        Ziggurat::new(density, |y| -libm::log(y), EXPONENTIAL_TAIL, 0.003_949_659_822_581_557)
    }

    /// The layers of exp(-x^2 / 2), the half above 0.
    pub(crate) fn normal() -> Ziggurat {
        let density = |x: f64| libm::exp(-0.5 * x * x);
        let inverse = |y: f64| libm::sqrt(-2.0 * libm::log(y));
        Ziggurat::new(density, inverse, NORMAL_TAIL, 0.004_928_673_233_974_655)
    }

    /// A sample of the exponential distribution with mean 1, if these are its layers.
    #[inline(always)]
    pub(crate) fn sample_exponential(&self, random: &mut Random) -> f64 {
        let bits = random.next();
        let layer = (bits & 0xff) as usize;
        let x = (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64) * self.edge[layer];
        if x < self.edge[layer + 1] { x } else { self.slow_exponential(random, layer, x) }
    }

    #[cold]
    fn slow_exponential(&self, random: &mut Random, layer: usize, x: f64) -> f64 {
        if layer == 0 {
            // The tail of an exponential is the whole of it again.
            return EXPONENTIAL_TAIL - libm::log(random.unit());
        }
        if self.under(random, layer, libm::exp(-x)) { x } else { self.sample_exponential(random) }
    }

    /// A sample of the standard normal distribution, if these are its layers.
    #[inline(always)]
    pub(crate) fn sample_normal(&self, random: &mut Random) -> f64 {
        let bits = random.next();
        let layer = (bits & 0xff) as usize;
        // The top 53 bits as a signed number, over 2^52, are uniform in [-1, 1).
        let x = (bits as i64 >> 11) as f64 * (1.0 / (1u64 << 52) as f64) * self.edge[layer];
        if x.abs() < self.edge[layer + 1] { x } else { self.slow_normal(random, layer, x) }
    }

    #[cold]
    fn slow_normal(&self, random: &mut Random, layer: usize, x: f64) -> f64 {
        if layer == 0 {
            // Marsaglia's method for the tail: two exponentials, the first as an offset.
            loop {
                let offset = -libm::log(random.unit()) / NORMAL_TAIL;
                let height = -libm::log(random.unit());
                if 2.0 * height > offset * offset {
                    return (NORMAL_TAIL + offset).copysign(x);
                }
            }
        }
        let density = libm::exp(-0.5 * x * x);
        if self.under(random, layer, density) { x } else { self.sample_normal(random) }
    }

    /// Whether a point at a random height of the layer lies under the density there.
    fn under(&self, random: &mut Random, layer: usize, density: f64) -> bool {
        let (low, high) = (self.height[layer], self.height[layer + 1]);
        low + random.unit() * (high - low) < density
    }
}

/// Where the tails of the 256 equal layers start.
const EXPONENTIAL_TAIL: f64 = 7.697_117_470_131_05;
const NORMAL_TAIL: f64 = 3.654_152_885_361_009;

/// Folds one number into a digest; order matters.
#[inline(always)]
pub(crate) fn fold(digest: u64, value: u64) -> u64 {
    (digest.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95)
}

/// Counts of times in nanoseconds, 128 buckets to the octave up to a minute and a bit.
#[derive(Debug)]
pub(crate) struct Latencies {
    buckets: Vec<u64>,
    count: u64,
}

impl Latencies {
    const BITS: u32 = 7;
    const BUCKETS: usize = 31 << 7;

    /// No latency yet.
    pub(crate) fn new() -> Latencies {
        Latencies { buckets: vec![0; Latencies::BUCKETS], count: 0 }
    }

    /// Counts one.
    #[inline(always)]
    pub(crate) fn record(&mut self, nanoseconds: u64) {
        let octave = (nanoseconds | 0x80).ilog2() - Latencies::BITS;
        let bucket = ((octave as usize) << Latencies::BITS) + (nanoseconds >> octave) as usize;
        self.buckets[bucket.min(Latencies::BUCKETS - 1)] += 1;
        self.count += 1;
    }

    /// The quantile in seconds, at the middle of its bucket; 0 if nothing was counted.
    pub(crate) fn quantile_s(&self, q: f64) -> f64 {
        let rank = ((q * self.count as f64).ceil() as u64).max(1);
        let mut seen = 0;
        for (bucket, hits) in self.buckets.iter().enumerate() {
            seen += hits;
            if seen >= rank {
                let octave = (bucket >> Latencies::BITS).saturating_sub(1);
                let low = (bucket - (octave << Latencies::BITS)) << octave;
                return (low as f64 + 0.5 * (1u64 << octave) as f64) / SECOND;
            }
        }
        0.0
    }
}
