//! Load and clients.

use super::quantity::Dist;
use crate::scenario::text::{
    At, Duration, Name, Named, Rate, Share, Timestamp, Zone, choice, section,
};

section! {
    /// Where requests come from. Every source is a Poisson process of its own with exactly the rate
    /// that is given, and has its own random stream.
    pub struct Load {
        /// Factor on every rate below.
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
    }
}

section! {
    /// A source with a rate that does not change.
    pub struct Constant {
        /// Requests per second.
        pub rate: Rate;
        /// The class of its requests; may be left out if there is only one.
        pub class: Option<At<Name>>;
    }
}

section! {
    /// A class of requests.
    pub struct Class {
        /// What a request does while it holds its slot, one after the other; one to five stages.
        /// The demands are drawn when the request arrives and are the same for all its attempts.
        pub stages: At<Vec<Stage>>;
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
        /// request. The node does not notice and does the work all the same.
        pub patience: Dist = "1min";
        /// What a client does when an attempt has failed.
        pub retry: Retry = {};
    }
}

section! {
    /// Trying again with exponential back-off.
    pub struct Retry {
        /// Attempts in all, the first included.
        pub attempts: u32 = 1, within(1, 100);
        /// Delay before the second attempt.
        pub base: Duration = "1s";
        /// Factor from one delay to the next.
        pub factor: f64 = 2, within(1, 100);
        /// Longest delay.
        pub cap: Duration = "30s";
        /// Share of the delay that is random: at 100% any delay from zero to the full one is
        /// equally likely.
        pub jitter: Share = "100%";
    }
}
