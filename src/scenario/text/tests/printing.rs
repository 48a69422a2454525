//! The print, which reads back as the same values.

use expect_test::expect;
use proptest::prelude::*;

use super::super::{
    At, Bytes, Duration, Key, Name, Named, Rate, Raw, Share, Sources, Timestamp, Zone, print,
};
use super::toys::{Clerk, Delivery, Lot, Next, Queue, Shop, Side, Span, Till, Wait, right, tree};

#[test]
fn a_print_is_readable() {
    let shop: Shop = right(
        r#"
        name = "it's \"a\""
        opens = 2024-03-01T08:00:00+01:00
        note = "two\nlines"
        open = "70%"
        later.x.y = [1, { "é" = true }]
        [clerks.zoe]
        since = 2024-03-01T09:00:00.25Z
        [queue]
        next = { lot = { fair = "a very long text that does not fit on one line, whatever is done about it, so it goes elsewhere" } }
        [till]
        takes = { uniform = { from = "1s" } }
        [[delivery]]
        boxes = 3
        weights = [1, 1.25, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
        inside = { boxes = 2 }
        "#,
    );
    let text = print(&shop);
    expect![[r#"
        name = """it's "a""""
        opens = 2024-03-01T07:00:00Z
        zone = "Europe/Berlin"
        note = """
        two
        lines"""
        shelves = 3
        warmth = -1.5
        day = [1.0, 2.5, 3.0]
        open = "70%"
        type = "toys"

        [till]
        takes = { uniform = { from = "1s", to = "1min" } }
        limit = "40/s"
        paper = "512 MiB"

        [queue]
        wait = "3s"
        side = "left"
        sing = false

        [queue.next.lot]
        of = 6
        fair = "a very long text that does not fit on one line, whatever is done about it, so it goes elsewhere"

        [clerks.zoe]
        since = 2024-03-01T09:00:00.25Z
        share = "50%"

        [[delivery]]
        boxes = 3
        weights = [
            1.0, 1.25, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0,
            1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0,
        ]

        [delivery.inside]
        boxes = 2

        [later.x]
        y = [1, { "é" = true }]
    "#]].assert_eq(&text);
    assert_eq!(right::<Shop>(&text), shop);
}

fn name() -> impl Strategy<Value = Name> {
    "[a-zA-Z0-9_-]{1,4}".prop_map(|text| Name::new(&text).expect("a name"))
}

fn duration() -> impl Strategy<Value = Duration> {
    (10_000_000u64..3_600_000_000_000).prop_map(Duration::from_nanos)
}

fn wait() -> impl Strategy<Value = Wait> {
    prop_oneof![
        duration().prop_map(Wait::Constant),
        (duration(), duration()).prop_map(|(from, to)| Wait::Uniform(Span { from, to })),
        Just(Wait::Wild),
    ]
}

fn next() -> impl Strategy<Value = Next> {
    prop_oneof![
        Just(Next::First),
        (1u32..=1000, proptest::option::of(texts()))
            .prop_map(|(of, fair)| Next::Lot(Lot { of, fair })),
        any::<u32>().prop_map(Next::Oldest),
        proptest::collection::vec(name(), 0..40).prop_map(Next::OneOf),
    ]
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    (-60_000_000_000i64..250_000_000_000, 0i32..1_000_000_000)
        .prop_map(|(s, ns)| Timestamp(jiff::Timestamp::new(s, ns).expect("an instant")))
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let weights = || proptest::collection::vec(0.0f64..=5.0, 0..12);
    let leaf = (any::<u64>(), weights()).prop_map(|(boxes, weights)| Delivery {
        boxes,
        weights,
        inside: None,
    });
    leaf.prop_recursive(3, 8, 1, move |inner| {
        (any::<u64>(), weights(), proptest::option::of(inner)).prop_map(
            |(boxes, weights, inside)| Delivery { boxes, weights, inside: inside.map(Box::new) },
        )
    })
}

fn clerks() -> impl Strategy<Value = Named<Clerk>> {
    proptest::collection::vec((name(), timestamp(), 0.0f64..=1.0), 0..4).prop_map(|clerks| {
        let mut named = Named::default();
        for (name, since, share) in clerks {
            let share = Share::new(share).expect("a share");
            named.insert(At::nowhere(name), Clerk { since, share });
        }
        named
    })
}

fn later() -> impl Strategy<Value = Named<Raw>> {
    let texts = [
        "x = 1",
        "x = [1, {a = 2}]",
        "[x]\ny.z = 1\nw = {}",
        "x = 2024-03-01",
        "x = [{}, {a.b = []}]",
        "\"\\u0001é.\\\"\" = 'a\"'",
    ];
    proptest::collection::vec((name(), proptest::sample::select(texts.to_vec())), 0..4).prop_map(
        |entries| {
            let mut named = Named::default();
            for (name, text) in entries {
                named.insert(At::nowhere(name), Raw(tree(&mut Sources::new(), "raw", text)));
            }
            named
        },
    )
}

/// Any text that may stand in a scenario: with no control character but ends of lines and tabs.
fn texts() -> impl Strategy<Value = String> {
    r"(\PC|[\n\t]){0,120}"
}

prop_compose! {
    fn shop()(
        texts in (texts(), proptest::option::of(texts())),
        opens in timestamp(),
        zone in proptest::sample::select(vec!["UTC", "Europe/Berlin", "America/Sao_Paulo"]),
        numbers in (1u32..=100, -20.0f64..=40.0, [0.0f64..=10.0, 0.0..=10.0, 0.0..=10.0]),
        till in (wait(), 1.0f64..=100.0, 0..=1u64 << 50),
        queue in (duration(), any::<bool>(), any::<bool>(), next()),
        clerks in clerks(),
        delivery in proptest::collection::vec(delivery(), 0..3),
        later in later(),
        open in proptest::option::of(0.1f64..=0.9),
        r#type in name(),
    ) -> Shop {
        Shop {
            name: texts.0,
            opens,
            zone: Zone::new(zone).expect("a zone"),
            note: texts.1,
            shelves: numbers.0,
            warmth: numbers.1,
            day: numbers.2,
            till: Till { takes: till.0, limit: Rate::per_second(till.1), paper: Bytes::new(till.2) },
            queue: Queue {
                wait: queue.0,
                side: if queue.1 { Side::Left } else { Side::Right },
                sing: queue.2,
                next: queue.3,
            },
            clerks,
            delivery,
            later,
            open: open.and_then(Share::new),
            r#type: At::nowhere(r#type),
        }
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_read_again(shop in shop()) {
        let text = print(&shop);
        prop_assert_eq!(right::<Shop>(&text), shop, "{}", text);
    }

    #[test]
    fn a_choice_is_read_again_from_its_inline_text(wait in wait(), next in next()) {
        let text = format!(
            "till.takes = {}\nqueue.next = {}\nname = 'a'\nopens = 2024-03-01T08:00:00Z\n",
            wait.write().expect("a text").inline(),
            next.write().expect("a text").inline(),
        );
        let shop: Shop = right(&text);
        prop_assert_eq!((shop.till.takes, shop.queue.next), (wait, next));
    }
}
