//! Toy sections that use everything.

use super::super::{
    At, Bytes, Diagnostics, Duration, Key, Name, Named, Node, Place, Rate, Raw, Share, SourceId,
    Sources, Timestamp, Zone, choice, parse, read, section,
};

section! {
    /// A small shop.
    ///
    /// It sells toys.
    pub(super) struct Shop {
        /// What it is called.
        pub name: String;
        /// When it opens.
        pub opens: Timestamp;
        /// Where it is.
        pub zone: Zone = "Europe/Berlin";
        /// A note.
        pub note: Option<String>;
        /// How many shelves.
        pub shelves: u32 = 3, within(1, 100);
        /// How warm it is.
        pub warmth: f64 = -1.5, within(-20, 40);
        /// The till.
        pub till: Till = {};
        /// The queue.
        pub queue: Queue = { wait = "3s" };
        /// The clerks.
        pub clerks: Named<Clerk>;
        /// How the day goes.
        pub day: [f64; 3] = [1, 2.5, 3], within(0, 10);
        /// Deliveries.
        pub delivery: Vec<Delivery>;
        /// Kept for later.
        pub later: Named<Raw>;
        /// How much of it is open.
        pub open: Option<Share>, within("10%", "90%");
        /// The shelf of the till.
        pub r#type: At<Name> = "toys";
    }
}

section! {
    /// Where money is taken.
    pub(super) struct Till {
        /// How long one customer takes.
        pub takes: Wait = "2s";
        /// Customers at most.
        pub limit: Rate = "40/s", within("1/min", "100/s");
        /// What the receipts need.
        pub paper: Bytes = "512 MiB";
    }
}

section! {
    /// How people queue.
    pub(super) struct Queue {
        /// How long they do.
        pub wait: Duration = "1s", within("10ms", "1h");
        /// On which side.
        pub side: Side = "left";
        /// Whether they sing.
        pub sing: bool = false;
        /// Who is next.
        pub next: Next = "first";
    }
}

section! {
    /// One who sells.
    pub(super) struct Clerk {
        /// From when.
        pub since: Timestamp;
        /// How good.
        pub share: Share = "50%";
    }
}

section! {
    /// What comes by truck.
    pub(super) struct Delivery {
        /// How many boxes.
        pub boxes: u64;
        /// How heavy each is.
        pub weights: Vec<f64>, within(0, 5);
        /// What is inside, box in box.
        pub inside: Option<Box<Delivery>>;
    }
}

choice! {
    /// A time that may be random.
    pub(super) enum Wait shorthand Constant {
        /// Always the same.
        Constant(Duration) = "constant",
        /// Between two.
        Uniform(Span) = "uniform",
        /// As it comes.
        Wild = "wild",
    }
}

section! {
    /// A span of time.
    pub(super) struct Span {
        /// The least.
        pub from: Duration;
        /// The most.
        pub to: Duration = "1min";
    }
}

choice! {
    /// Who is next.
    pub(super) enum Next {
        /// Who came first.
        First = "first",
        /// By lot.
        Lot(Lot) = "lot",
        /// By age.
        Oldest(u32) = "oldest",
        /// One of these.
        OneOf(Vec<Name>) = "one_of",
    }
}

choice! {
    /// A side of the shop.
    #[derive(Copy, PartialOrd)]
    pub(super) enum Side {
        /// The left.
        Left = "left",
        /// The right.
        Right = "right",
    }
}

section! {
    /// How lots are drawn.
    pub(super) struct Lot {
        /// From how many.
        pub of: u32 = 6, within(1, 1000);
        /// How fair it is, in very many words.
        pub fair: Option<String>;
    }
}

/// What reading a text gives, and the problems.
pub(super) fn reads<T: Key>(text: &str) -> (Option<T>, Diagnostics, Sources) {
    let mut sources = Sources::new();
    let mut log = Diagnostics::new();
    let id = sources.add("toy.toml", text);
    let value = parse(&sources, id, &mut log).and_then(|node| read(&node, &mut log));
    assert_eq!(value.is_some(), log.is_empty(), "{}", log.render_short(&sources));
    (value, log, sources)
}

/// What a right text gives.
pub(super) fn right<T: Key>(text: &str) -> T {
    let (value, log, sources) = reads(text);
    value.unwrap_or_else(|| panic!("{}", log.render(&sources, false)))
}

/// The problems of a wrong text, one on each line.
pub(super) fn wrong<T: Key>(text: &str) -> String {
    let (_, log, sources) = reads::<T>(text);
    log.render_short(&sources)
}

/// A tree.
pub(super) fn tree(sources: &mut Sources, name: &str, text: &str) -> Node {
    let mut log = Diagnostics::new();
    let id = sources.add(name, text);
    parse(sources, id, &mut log).unwrap_or_else(|| panic!("{}", log.render(sources, false)))
}

/// The bytes of a source that a place covers.
pub(super) fn covered(sources: &Sources, place: Place) -> &str {
    let id: SourceId = place.source;
    &sources.get(id).expect("the source exists").text[place.start as usize..place.end as usize]
}
