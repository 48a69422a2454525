//! Reading: values, and every problem at its place.

use expect_test::expect;
use proptest::prelude::*;

use super::super::{At, Duration, check_defaults, section};
use super::leaves::{all_wrong, one};
use super::toys::{Next, Queue, Shop, Side, Wait, covered, reads, right, wrong};

const LEAST: &str = "name = \"a\"\nopens = 2024-03-01T08:00:00Z\n";

#[test]
fn declarations_are_right() {
    assert_eq!(check_defaults::<Shop>(), Vec::<String>::new());
}

section! {
    struct Bad {
        /// Has no unit.
        unit: Duration = 3;
        /// Lies outside.
        outside: u32 = 3, within(5, 10);
        /// Bounds that are none.
        bounds: Duration = "1s", within("1", "2s");
        /// Cannot be left out once it has a default.
        option: Option<u32> = 3;
        /// Is not TOML.
        toml: u32 = x;
    }
}

#[test]
fn wrong_declarations_are_found() {
    expect![[r#"
        Bad has no comment
        Bad.unit: `unit` is `3`, needs a unit, such as `3s`
        Bad.outside: `outside` is `3`, must be between `5` and `10`
        Bad.bounds: `bounds` is `1`, needs a unit, such as `1s`
        Bad.option: a key that may be absent cannot have a default
        Bad.toml: the default `x` is no TOML value"#]]
    .assert_eq(&check_defaults::<Bad>().join("\n"));
}

#[test]
fn the_least_document_takes_every_default() {
    let shop: Shop = right(LEAST);
    assert_eq!(shop.shelves, 3);
    assert_eq!(shop.warmth.to_bits(), (-1.5f64).to_bits());
    assert_eq!(shop.queue.wait, Duration::from_secs(3));
    assert_eq!(shop.queue.side, Side::Left);
    assert_eq!(shop.till.takes, Wait::Constant(Duration::from_secs(2)));
    assert_eq!(shop.day.map(f64::to_bits), [1.0f64, 2.5, 3.0].map(f64::to_bits));
    assert_eq!((shop.note, shop.clerks.len(), shop.delivery.len()), (None, 0, 0));
}

#[test]
fn what_is_written_is_read_in_its_order_with_its_place() {
    let text = format!(
        "{LEAST}type = \"till\"\n[clerks.zoe]\nsince = 2024-03-01T09:00:00+01:00\n\
         [clerks.abe]\nsince = 2024-03-02T08:00:00Z\nshare = 0.25\n\
         [queue]\nnext = {{ lot = {{}} }}\n[till]\ntakes = \"8s\"\n"
    );
    let (shop, _, sources) = reads::<Shop>(&text);
    let shop = shop.expect("the text is right");
    assert_eq!(shop.clerks.names(), ["zoe", "abe"]);
    let place = shop.clerks.place("abe").expect("abe is there");
    assert_eq!(sources.position(place), Some(("toy.toml", 6, 9)));
    assert_eq!(covered(&sources, place), "abe");
    assert_eq!(covered(&sources, shop.r#type.place), "\"till\"");
    let since = shop.clerks.get("zoe").expect("zoe is there").since;
    assert_eq!(since.to_string(), "2024-03-01T08:00:00Z");
    assert_eq!(shop.queue.next, Next::Lot(right("")));
    // The queue's own default of three seconds holds where only another key was written.
    assert_eq!(shop.queue.wait, Duration::from_secs(3));
    assert_eq!(shop.till.takes, Wait::Constant(Duration::from_secs(8)));
}

section! {
    /// A shop of nothing but a queue.
    struct Kiosk {
        /// How people queue.
        queue: At<Queue> = {};
        /// Who is next, if anybody.
        next: At<Next> = "first";
    }
}

#[test]
fn what_is_not_written_has_the_place_of_its_table() {
    let (kiosk, _, sources) = reads::<Kiosk>("\n[queue]\nsing = true\n");
    let kiosk = kiosk.expect("a kiosk");
    assert_eq!(covered(&sources, kiosk.queue.place), "[queue]");
    assert_eq!(sources.position(kiosk.next.place), Some(("toy.toml", 1, 1)));
}

#[test]
fn all_problems_are_said_at_once_with_line_and_column() {
    let text = r#"name = 3
shelfs = 2
shelves = 200
warmth = "cold"
day = [1, 20, "x"]
zone = "Europe/Berln"
open = "95%"

[queue]
wait = 10
next = "lott"
sing = 1

[clerks."bad name"]
since = 2024-03-01T08:00:00

[clerks.b]
share = 1.5

[[delivery]]
weights = [1, 9, 2, -1]
inside = { boxes = -1 }

[till]
takes = { uniform = { frm = "1s" }, wild = 1 }
limit = "40/sec"
paper = "1.5 gb"
"#;
    let (_, log, sources) = reads::<Shop>(text);
    expect![[r#"
        toy.toml:1:1: missing key `opens`; `opens` is a date and time with its offset, without quotes, such as `2024-03-01T19:00:00+01:00`
        toy.toml:1:8: `name` must be text in quotes, found the number `3`
        toy.toml:2:1: unknown key `shelfs`; did you mean `shelves`?
        toy.toml:3:11: `shelves` is `200`, must be between `1` and `100`
        toy.toml:4:10: `warmth` must be a number, found the string `cold`
        toy.toml:5:11: `day.1` is `20`, must be between `0` and `10`
        toy.toml:5:15: `day.2` must be a number, found the string `x`
        toy.toml:6:8: there is no time zone `Europe/Berln`; did you mean `Europe/Berlin`?
        toy.toml:7:8: `open` is `95%`, must be between `10%` and `90%`
        toy.toml:10:8: `queue.wait` is `10`, needs a unit, such as `10s`
        toy.toml:11:8: `queue.next` is `lott`, must be one of `first`, `lot`, `oldest`, `one_of`; did you mean `lot`?
        toy.toml:12:8: `queue.sing` must be `true` or `false`, found the number `1`
        toy.toml:14:9: bad name `bad name` in `clerks`, a name has only letters, digits, `-` and `_`, at most 100
        toy.toml:15:9: `clerks."bad name".since` is `2024-03-01T08:00:00`, must have its offset from UTC; such as `2024-03-01T08:00:00Z` or `2024-03-01T08:00:00+01:00`
        toy.toml:17:1: missing key `since` in `clerks.b`; `since` is a date and time with its offset, without quotes, such as `2024-03-01T19:00:00+01:00`
        toy.toml:18:9: `clerks.b.share` is `1.5`, must be between `0%` and `100%`
        toy.toml:20:1: missing key `boxes` in `delivery.0`; `boxes` is a whole number, such as `3`
        toy.toml:21:15: `delivery.0.weights.1` is `9`, must be between `0` and `5`
        toy.toml:21:21: `delivery.0.weights.3` is `-1`, must be between `0` and `5`
        toy.toml:22:20: `delivery.0.inside.boxes` is `-1`, must be between `0` and `18446744073709551615`
        toy.toml:25:9: `till.takes` must have one key of `constant`, `uniform`, `wild`, found `uniform`, `wild`
        toy.toml:26:9: `till.limit` is `40/sec`, `sec` is no unit; did you mean `s`?; allowed units: `s`, `min`, `h`
        toy.toml:27:9: `till.paper` is `1.5 gb`, `gb` is no unit; did you mean `GB`?; allowed units: `B`, `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`, `TiB`
    "#]].assert_eq(&log.render_short(&sources));
}

#[test]
fn a_problem_is_shown_with_its_line_and_a_caret() {
    let text = format!("{LEAST}[queue]\nwayt = \"1s\"  # grüße\nwait = \"10sec\"\n");
    let (_, log, sources) = reads::<Shop>(&text);
    expect![[r#"
        error: unknown key `wayt` in `queue`
         --> toy.toml:4:1
          |
        4 | wayt = "1s"  # grüße
          | ^^^^
          |
          = help: did you mean `wait`?

        error: `queue.wait` is `10sec`, `sec` is no unit
         --> toy.toml:5:8
          |
        5 | wait = "10sec"
          |        ^^^^^^^
          |
          = help: did you mean `s`?
          = help: allowed units: `ns`, `us`, `ms`, `s`, `min`, `h`, `d`
    "#]]
    .assert_eq(&log.render(&sources, false));
    let colored = log.render(&sources, true);
    assert!(colored.contains("\u{1b}["), "{colored}");
}

#[test]
fn syntax_errors_have_places_too() {
    expect![[r#"
        toy.toml:1:5: not valid TOML: string values must be quoted, expected literal string
        toy.toml:2:10: not valid TOML: unclosed array, expected `]`
    "#]]
    .assert_eq(&wrong::<Shop>("a = \nb = [1, 2\n"));
    expect![[r#"
        toy.toml:2:5: not valid TOML: string values must be quoted, expected literal string
        toy.toml:3:1: duplicate key `a`
        toy.toml:4:3: not valid TOML: unclosed table, expected `]`
    "#]]
    .assert_eq(&wrong::<Shop>("a = 1\nb = 2 2\na = 3\n[x\n"));
    expect![[r#"
        toy.toml:1:11: the number `999999999999999999999999999999999999999999` is too large
    "#]]
    .assert_eq(&wrong::<Shop>("shelves = 999999999999999999999999999999999999999999\n"));
}

#[test]
fn choices_say_what_may_be_chosen() {
    expect![[r#"
        x:1:1: `x` is `frist`, must be one of `first`, `lot`, `oldest`, `one_of`; did you mean `first`?
        x:1:1: `x` is `xyz`, must be one of `first`, `lot`, `oldest`, `one_of`
        x:1:1: `x` must be one of `first`, `lot`, `oldest`, `one_of`, found the number `3`
        x:1:1: `x` is `first`, which takes no data; write `"first"`
        x:1:1: `x` must have one key of `first`, `lot`, `oldest`, `one_of`, found `lot`, `oldest`
        x:1:1: `x` must have one key of `first`, `lot`, `oldest`, `one_of`, found none
        x:1:3: `x` is `lod`, must be one of `first`, `lot`, `oldest`, `one_of`; did you mean `lot`?
        x:1:1: `x` is `oldest`, which needs a whole number, such as `3`; write `{ oldest = .. }`
        x:1:1: `x` must be one of `first`, `lot`, `oldest`, `one_of`, found an empty array
        x:1:16: `x.lot.of` is `0`, must be between `1` and `1000`
        x:1:19: unknown key `fare` in `x.lot`; did you mean `fair`?
        x:1:13: `x.one_of.0` is `a b`, a name has only letters, digits, `-` and `_`, at most 100
        x:1:25: `x.one_of.2` must be a name in quotes, found the number `3`
    "#]].assert_eq(&all_wrong::<Next>(&[
        "\"frist\"",
        "\"xyz\"",
        "3",
        "{ first = {} }",
        "{ lot = {}, oldest = 3 }",
        "{}",
        "{ lod = {} }",
        "\"oldest\"",
        "[]",
        "{ lot = { of = 0, fare = 1 } }",
        "{ one_of = [\"a b\", \"c\", 3] }",
    ]));
}

#[test]
fn a_shorthand_says_both_forms() {
    assert_eq!(one::<Wait>("\"8s\""), one::<Wait>("{ constant = \"8s\" }"));
    assert_eq!(one::<Wait>("\"wild\""), Ok(Wait::Wild));
    expect![[r#"
        x:1:1: `x` is `8`, needs a unit, such as `8s`; write a duration, or one of `constant`, `uniform`, `wild`
        x:1:1: `x` is `wilde`, is no duration such as `10s` or `1h 30min`; did you mean `wild`?
        x:1:1: `x` is `8 sec`, `sec` is no unit; did you mean `s`?; allowed units: `ns`, `us`, `ms`, `s`, `min`, `h`, `d`; write a duration, or one of `constant`, `uniform`, `wild`
        x:1:1: missing key `from` in `x.uniform`; `from` is a duration, number and unit (`ns`, `us`, `ms`, `s`, `min`, `h`, `d`), such as `"250ms"` or `"1h 30min"`
        x:1:13: missing key `from` in `x.uniform`; `from` is a duration, number and unit (`ns`, `us`, `ms`, `s`, `min`, `h`, `d`), such as `"250ms"` or `"1h 30min"`
        x:1:1: `x` must have one key of `constant`, `uniform`, `wild`, found `uniform`, `wild`
    "#]].assert_eq(&all_wrong::<Wait>(&[
        "8",
        "\"wilde\"",
        "\"8 sec\"",
        "\"uniform\"",
        "{ uniform = { to = \"1s\" } }",
        "{ uniform = {}, wild = {} }",
    ]));
}

/// Any TOML value, with the toys' own keys among the keys.
fn any_value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|x| if x.is_nan() { "nan".into() } else { format!("{x:?}") }),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<String>().prop_map(|s| toml::Value::String(s).to_string()),
        "[-0-9.]{0,5} ?(s|min|h|/s|MiB|%|µ|)".prop_map(|s| format!("\"{s}\"")),
        Just("2024-03-01T08:00:00Z".to_string()),
        Just("\"lot\"".to_string()),
    ];
    let key = prop_oneof![
        Just("lot"),
        Just("uniform"),
        Just("wait"),
        Just("from"),
        Just("boxes"),
        Just("inside"),
        Just("since"),
        Just("x"),
        Just("\"é \\n\""),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(", "))),
            proptest::collection::btree_map(key.clone(), inner, 0..4).prop_map(|entries| {
                let entries: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                format!("{{ {} }}", entries.join(", "))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_toml_is_read_or_refused_with_a_problem(
        values in proptest::collection::vec((0usize..14, any_value()), 0..8)
    ) {
        let keys = ["name", "opens", "zone", "note", "shelves", "warmth", "till", "queue",
            "clerks", "day", "delivery", "later", "open", "type"];
        let mut text = String::new();
        for (key, value) in values {
            text.push_str(&format!("{} = {value}\n", keys[key]));
        }
        let (_, log, sources) = reads::<Shop>(&text);
        let _ = (log.render(&sources, true), log.render_short(&sources));
    }

    #[test]
    fn any_text_at_all_is_read_or_refused_with_a_problem(text in "(?s).{0,80}") {
        let (_, log, sources) = reads::<Shop>(&text);
        let _ = (log.render(&sources, true), log.render_short(&sources));
    }
}
