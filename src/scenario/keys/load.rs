//! Load and clients.

use super::quantity::Dist;
use crate::scenario::text::{
    At, Bytes, Duration, Name, Named, Rate, Share, Timestamp, Zone, choice, section,
};

section! {
    /// Where requests come from. Every source has its own random stream. Those with a rate are
    /// Poisson processes with exactly that rate, unless they say otherwise.
    pub struct Load {
        /// Factor on every rate and every number of users below.
        pub scale: f64 = 1, within(0, 1000);
        /// Requests per second of all regions together where their shapes are 1.
        pub rate: Rate = "0/s";
        /// Whether the load stops changing at some point.
        pub freeze: Freeze = "never";
        /// Parts of the world, each with its day.
        pub region: Named<Region>;
        /// What comes on top for a while.
        pub surge: Named<Surge>;
        /// Sources with a rate that does not change.
        pub constant: Named<Constant>;
        /// Sources with a rate that is drawn point by point.
        pub profile: Named<Profile>;
        /// Sources with a rate that jumps between several at random.
        pub modulated: Named<Modulated>;
        /// Sources that follow a recording.
        pub recorded: Named<Recorded>;
        /// Users of whom each has one request at a time: when it is answered they think, and make
        /// the next. A fleet that is slow gets fewer.
        pub users: Named<Users>;
        /// Users who arrive, make one request after the other, and leave.
        pub sessions: Named<Sessions>;
    }
}

choice! {
    /// Whether the load stops changing.
    pub enum Freeze {
        /// It follows its course to the end.
        Never = "never",
        /// It keeps the value that it has at the first restart.
        FirstRestart = "first_restart",
    }
}

section! {
    /// A part of the world, whose load follows its local hours.
    pub struct Region {
        /// Its time zone.
        pub zone: Zone;
        /// Its share of `load.rate`.
        pub share: Share;
        /// Relative load at every full local hour of Monday to Friday, from 0:00; between the hours
        /// it changes linearly.
        pub weekday: [f64; 24];
        /// The same for Saturday and Sunday.
        pub weekend: [f64; 24];
        /// The class of its requests; may be left out if there is only one.
        pub class: Option<At<Name>>;
        /// The classes of its requests with their shares, instead of one.
        pub classes: Named<Share>;
    }
}

section! {
    /// Load that comes on top: it rises linearly, stays, and falls linearly.
    pub struct Surge {
        /// When it begins to rise.
        pub onset: Timestamp;
        /// How long it rises.
        pub ramp: Duration;
        /// Requests per second at its height.
        pub rate: Rate;
        /// How long it stays there.
        pub plateau: Duration;
        /// How long it falls.
        pub decay: Duration;
        /// The class of its requests; may be left out if there is only one.
        pub class: Option<At<Name>>;
        /// The classes of its requests with their shares, instead of one.
        pub classes: Named<Share>;
    }
}

section! {
    /// A source with a rate that does not change.
    pub struct Constant {
        /// Requests per second.
        pub rate: Rate;
        /// How many requests come at the same time; the rate counts all of them.
        pub batch: Option<Batch>;
        /// The class of its requests; may be left out if there is only one.
        pub class: Option<At<Name>>;
        /// The classes of its requests with their shares, instead of one.
        pub classes: Named<Share>;
    }
}

choice! {
    /// How many requests come at the same time.
    pub enum Batch {
        /// Always so many.
        Always(At<u32>) = "always",
        /// One or more, with this mean; after each another follows with the same probability.
        Geometric(At<f64>) = "geometric",
    }
}

section! {
    /// A source with a rate that changes linearly from point to point. Before the first there is no
    /// load, after the last it stays. Two points at one time are a step.
    pub struct Profile {
        /// The points, in order of time.
        pub points: At<Vec<RatePoint>>;
        /// How many requests come at the same time; the rate counts all of them.
        pub batch: Option<Batch>;
        /// The class of its requests; may be left out if there is only one.
        pub class: Option<At<Name>>;
        /// The classes of its requests with their shares, instead of one.
        pub classes: Named<Share>;
    }
}

section! {
    /// A point of a rate.
    pub struct RatePoint {
        /// When.
        pub at: At<Timestamp>;
        /// Requests per second.
        pub rate: Rate;
    }
}

section! {
    /// A source that follows a CSV file, whose first line names its columns: `time` and `rate` for
    /// requests per second from each time on, as a Poisson process, or `time` for single requests,
    /// a line each, which may have a `class`. Times are civil (2021-02-01T16:08:00Z) or numbers of
    /// seconds, and do not go back. Lines that begin with `#` are comments. The file is read while
    /// it is simulated, and may be of any length. Before its first line there is no load; after the
    /// last a rate stays. What lies outside the simulated time is left out.
    pub struct Recorded {
        /// The file, as seen from the folder of the scenario.
        pub file: At<String>;
        /// What times that are numbers count.
        pub times: Times = "elapsed";
        /// When its first line is, if not when the file says; all others move with it.
        pub starts: Option<At<Timestamp>>;
        /// How a rate gets from one line to the next.
        pub between: Between = "steps";
        /// Factor on every rate. Of single requests each comes so many times on average; below 1 a
        /// random part is left out. If `load.freeze` freezes them, they go on as a Poisson process
        /// with the rate of that minute.
        pub factor: f64 = 1, within(0, 1000000);
        /// The class of its requests, if the file does not tell it; may be left out if there is
        /// only one.
        pub class: Option<At<Name>>;
        /// The classes of its requests with their shares, instead of one.
        pub classes: Named<Share>;
    }
}

choice! {
    /// What times that are numbers count.
    pub enum Times {
        /// Seconds since `clock.start`.
        Elapsed = "elapsed",
        /// Seconds since the beginning of 1970.
        Unix = "unix",
    }
}

choice! {
    /// How a recorded rate gets from one line to the next.
    pub enum Between {
        /// It stays, and jumps.
        Steps = "steps",
        /// It changes linearly. Two lines with one time are a jump.
        Lines = "lines",
    }
}

section! {
    /// A source that goes through several states, one after the other and then from the first
    /// again. With two states that last exponential times it is a Markov-modulated Poisson process.
    pub struct Modulated {
        /// The states; the simulation starts at the beginning of the first.
        pub states: At<Vec<LoadState>>;
        /// How many requests come at the same time; the rate counts all of them.
        pub batch: Option<Batch>;
        /// The class of its requests; may be left out if there is only one.
        pub class: Option<At<Name>>;
        /// The classes of its requests with their shares, instead of one.
        pub classes: Named<Share>;
    }
}

section! {
    /// A state of a modulated source.
    pub struct LoadState {
        /// Requests per second.
        pub rate: Rate;
        /// How long it lasts; drawn every time.
        pub lasting: Dist;
    }
}

section! {
    /// Users with one request at a time. Each thinks before the first one too. A request that fails
    /// is followed by thinking as one that does not; after one that took no time at all, the next
    /// comes a millisecond later at the earliest.
    pub struct Users {
        /// How many there are.
        pub count: u32, within(1, 10000000);
        /// From an answer to the next request.
        pub think: Dist;
        /// The class of their requests; may be left out if there is only one.
        pub class: Option<At<Name>>;
        /// The classes of their requests with their shares, instead of one.
        pub classes: Named<Share>;
    }
}

section! {
    /// Users who arrive as a Poisson process, make requests one after the other, and leave.
    pub struct Sessions {
        /// Users who arrive per second.
        pub rate: Rate;
        /// Mean number of requests of a session; after each answer another follows with the same
        /// probability.
        pub requests: f64, within(1, 100000);
        /// From an answer to the next request.
        pub think: Dist;
        /// Share of those who leave when a request has failed, whatever they had in mind.
        pub leave_after_failure: Share = "0%";
        /// The class of their requests; may be left out if there is only one.
        pub class: Option<At<Name>>;
        /// The classes of their requests with their shares, instead of one.
        pub classes: Named<Share>;
    }
}

section! {
    /// A class of requests.
    pub struct Class {
        /// What a request does while it holds its slot, one after the other; one to five stages.
        /// The demands are drawn when the request arrives and are the same for all its attempts.
        pub stages: At<Vec<Stage>>;
        /// How long its clients wait for an attempt, if not as `clients.patience` says.
        pub patience: Option<Dist>;
        /// Memory used by one in service, if not as `process.memory` says.
        pub in_service: Option<Bytes>;
        /// Memory used by one that waits for a slot, if not as `process.memory` says.
        pub queued: Option<Bytes>;
        /// Memory retained after one was served, if not as `process.memory` says.
        pub retained_per_request: Option<Bytes>;
    }
}

choice! {
    /// A stage of a request.
    pub enum Stage {
        /// Work for the node's cores, as the time that one core of speed 1 needs for it alone;
        /// requests that compute share the cores equally. More than an hour counts as an hour.
        Cpu(Dist) = "cpu",
        /// Waiting for something else; the cores are free meanwhile.
        Wait(Dist) = "wait",
    }
}

section! {
    /// What clients do.
    pub struct Clients {
        /// How long a client waits for an attempt before it gives that attempt up. Drawn once a
        /// request; a class may have its own.
        pub patience: Dist = "1min";
        /// What a client does when an attempt has failed.
        pub retry: Retry = {};
        /// What keeps clients from trying too often.
        pub budget: RetryBudget = "none";
        /// How many clients there are, each with a budget of its own: the n-th request of a source
        /// belongs to the client whose turn it is. Without a budget they are all alike.
        pub count: u32 = 1, within(1, 100000);
        /// What the person behind a request does when it has failed for good.
        pub reload: Option<Reload>;
        /// Sending a second attempt while the first is not answered.
        pub hedge: Option<Hedge>;
    }
}

section! {
    /// Trying again with exponential back-off.
    pub struct Retry {
        /// Attempts in all, the first included.
        pub attempts: u32 = 1, within(1, 100);
        /// Delay before the second attempt.
        pub base: Duration = "1s";
        /// Factor from one delay to the next; 1 makes it fixed.
        pub factor: f64 = 2, within(1, 100);
        /// Longest delay.
        pub cap: Duration = "30s";
        /// What of the delay is random.
        pub jitter: Jitter = "full";
        /// After which failures another attempt is made.
        pub on: Vec<Failure> = ["timed_out", "refused", "reset", "no_answer", "no_node", "shed"];
    }
}

choice! {
    /// What of a delay is random.
    pub enum Jitter shorthand Share {
        /// Nothing: clients that failed together try again together.
        None = "none",
        /// All of it: any delay from zero to the full one is equally likely.
        Full = "full",
        /// Half of it.
        Equal = "equal",
        /// This share of it.
        Share(Share) = "share",
        /// It is as much longer or shorter than the full one, by this share at most; gRPC has 20%.
        Around(Share) = "around",
        /// Any delay between the base and three times the one before, at most the cap.
        Decorrelated = "decorrelated",
    }
}

choice! {
    /// How an attempt fails.
    pub enum Failure {
        /// Given up by the client.
        TimedOut = "timed_out",
        /// Taken by no node.
        Refused = "refused",
        /// Lost with its process.
        Reset = "reset",
        /// Not answered within `balancer.response_timeout`.
        NoAnswer = "no_answer",
        /// No node was up.
        NoNode = "no_node",
        /// Shed by a process.
        Shed = "shed",
    }
}

choice! {
    /// What keeps a client from trying too often. Without it every failure may be tried again.
    pub enum RetryBudget {
        /// Nothing.
        None = "none",
        /// A bucket of tokens, as in the standard mode of the AWS SDKs, whose values these are.
        Tokens(Tokens) = "tokens",
        /// Throttling as in gRPC: tries only while more than half of the tokens are there.
        Throttle(Throttle) = "throttle",
        /// A share of the requests beside a reserve, as in Finagle, whose values these are.
        Share(RetryShare) = "share",
        /// So many requests tried again at the same time, as in Envoy, whose values these are.
        Concurrent(Concurrent) = "concurrent",
    }
}

section! {
    /// A bucket of tokens. A success gives back what its last try cost.
    pub struct Tokens {
        /// Tokens at the start, and at most.
        pub capacity: f64 = 500, within(0, 1000000000);
        /// What another attempt costs.
        pub cost: f64 = 5, within(0, 1000000000);
        /// What it costs after a time-out.
        pub timeout_cost: f64 = 10, within(0, 1000000000);
        /// What a success at the first attempt adds.
        pub refill: f64 = 1, within(0, 1000000000);
    }
}

section! {
    /// Throttling: a failure takes a token.
    pub struct Throttle {
        /// Tokens at the start, and at most.
        pub tokens: f64 = 10, within(1, 1000);
        /// What a success adds.
        pub ratio: f64 = 0.1, within(0, 1000);
    }
}

section! {
    /// Every request deposits a share of a try.
    pub struct RetryShare {
        /// How long a deposit lasts.
        pub lasting: Duration = "10s", within("10ms", "1h");
        /// Tries a second that are allowed on top, saved up over that time.
        pub reserve: Rate = "10/s";
        /// What a request deposits.
        pub share: Share = "20%";
    }
}

section! {
    /// So many requests tried again at the same time.
    pub struct Concurrent {
        /// Share of the requests that are open.
        pub share: Share = "20%";
        /// How many at least.
        pub least: u32 = 3;
    }
}

section! {
    /// A person whose request has failed, all its attempts included, loads the page again, or
    /// leaves; a time-out is a failure too.
    pub struct Reload {
        /// The probability of loading it again.
        pub share: Share;
        /// From the failure to loading it again.
        pub pause: Dist = "0s";
        /// How often at most; then everybody leaves.
        pub at_most: u32 = 5, within(1, 100);
    }
}

section! {
    /// Another attempt while the first is not answered; the first answer counts.
    pub struct Hedge {
        /// From one attempt to the next.
        pub after: Duration;
        /// How many on top of the first.
        pub at_most: u32 = 1, within(1, 10);
    }
}
