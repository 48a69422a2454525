//! Reading: values, and every problem at its place.

use expect_test::expect;
use proptest::prelude::*;

use super::super::tree::parse_value;
use super::super::{
    At, Bytes, Diagnostics, Duration, Key, KeyPath, Name, Rate, Share, Sources, Timestamp, Zone,
    check_defaults, section,
};
use super::toys::{Next, Shop, Side, Wait, covered, reads, right, wrong};

const LEAST: &str = "name = \"a\"\nopens = 2024-03-01T08:00:00Z\n";

/// Reads one value of type `T` under the key `x`; or what is wrong with it.
fn one<T: Key>(text: &str) -> Result<T, String> {
    let (mut sources, mut log) = (Sources::new(), Diagnostics::new());
    let id = sources.add("x", text);
    let value = parse_value(id, text, 0, &mut log)
        .and_then(|node| T::read(&node, &KeyPath::root().key("x"), &mut log));
    assert_eq!(value.is_some(), log.is_empty());
    value.ok_or_else(|| log.render_short(&sources).trim_end().to_string())
}

/// What is wrong with each of the texts, one on each line.
fn all_wrong<T: Key>(texts: &[&str]) -> String {
    let said = |text: &&str| one::<T>(text).err().unwrap_or_else(|| format!("{text} is right"));
    texts.iter().map(said).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn declarations_are_right() {
    assert_eq!(check_defaults::<Shop>(), Vec::<String>::new());
}

section! {
    ///
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
        toy.toml:14:9: bad name `bad name` in `clerks`, a name has only letters, digits, `-` and `_`
        toy.toml:15:9: `clerks."bad name".since` is `2024-03-01T08:00:00`, must have its offset from UTC; such as `2024-03-01T08:00:00Z` or `2024-03-01T08:00:00+01:00`
        toy.toml:17:1: missing key `since` in `clerks.b`; `since` is a date and time with its offset, without quotes, such as `2024-03-01T19:00:00+01:00`
        toy.toml:18:9: `clerks.b.share` is `1.5`, must be between `0%` and `100%`
        toy.toml:20:1: missing key `boxes` in `delivery.0`; `boxes` is a whole number, such as `3`
        toy.toml:21:15: `delivery.0.weights.1` is `9`, must be between `0` and `5`
        toy.toml:21:21: `delivery.0.weights.3` is `-1`, must be between `0` and `5`
        toy.toml:22:20: `delivery.0.inside.boxes` is `-1`, must be between `0` and `18446744073709551615`
        toy.toml:25:9: `till.takes` must have one key of `constant`, `uniform`, `wild`, found `uniform`, `wild`
        toy.toml:26:9: `till.limit` is `40/sec`, `sec` is no unit; allowed units: `s`, `min`, `h`
        toy.toml:27:9: `till.paper` is `1.5 gb`, `gb` is no unit; allowed units: `B`, `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`, `TiB`
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
        x:1:1: `x`: `first` takes no data; write `"first"`
        x:1:1: `x` must have one key of `first`, `lot`, `oldest`, `one_of`, found `lot`, `oldest`
        x:1:1: `x` must have one key of `first`, `lot`, `oldest`, `one_of`, found none
        x:1:3: `x` is `lod`, must be one of `first`, `lot`, `oldest`, `one_of`; did you mean `lot`?
        x:1:1: `x`: `oldest` needs a whole number, such as `3`; write `{ oldest = .. }`
        x:1:1: `x` must be one of `first`, `lot`, `oldest`, `one_of`, found an empty array
        x:1:16: `x.lot.of` is `0`, must be between `1` and `1000`
        x:1:19: unknown key `fare` in `x.lot`; did you mean `fair`?
        x:1:13: `x.one_of.0` is `a b`, a name has only letters, digits, `-` and `_`
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
        x:1:1: `x` is `8 sec`, `sec` is no unit; allowed units: `ns`, `us`, `ms`, `s`, `min`, `h`, `d`; write a duration, or one of `constant`, `uniform`, `wild`
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

#[test]
fn durations() {
    for (text, nanos) in [
        ("250ms", 250_000_000),
        ("1h 30min", 5_400_000_000_000),
        ("1h30min", 5_400_000_000_000),
        ("1.5s", 1_500_000_000),
        ("0s", 0),
        ("2 us", 2_000),
        ("1d", 86_400_000_000_000),
        ("0.1ms", 100_000),
        ("18446744073709551615ns", u64::MAX),
    ] {
        assert_eq!(one(&format!("\"{text}\"")), Ok(Duration::from_nanos(nanos)), "{text}");
    }
    expect![[r#"
        x:1:1: `x` is `10`, needs a unit, such as `10s`
        x:1:1: `x` is `-1.5`, needs a unit, such as `1.5s`
        x:1:1: `x` is `10`, needs a unit, such as `10s`
        x:1:1: `x` is `10sec`, `sec` is no unit; allowed units: `ns`, `us`, `ms`, `s`, `min`, `h`, `d`
        x:1:1: `x` is `-5s`, must not be negative
        x:1:1: `x` is ``, is no duration such as `10s` or `1h 30min`
        x:1:1: `x` is `soon`, is no duration such as `10s` or `1h 30min`
        x:1:1: `x` is `1.5ns`, must be a whole number of nanoseconds
        x:1:1: `x` is `600000d`, must not exceed 584 years
        x:1:1: `x` is `1h 30`, needs a unit, such as `30s`
        x:1:1: `x` is `1..5s`, is no duration such as `10s` or `1h 30min`
        x:1:1: `x` must be a duration such as `10s`, found `true`
        x:1:1: `x` must be a duration such as `10s`, found an empty array
    "#]].assert_eq(&all_wrong::<Duration>(&[
        "10",
        "-1.5",
        "\"10\"",
        "\"10sec\"",
        "\"-5s\"",
        "\"\"",
        "\"soon\"",
        "\"1.5ns\"",
        "\"600000d\"",
        "\"1h 30\"",
        "\"1..5s\"",
        "true",
        "[]",
    ]));
}

#[test]
fn rates() {
    for (text, rate) in [
        ("40/s", 40.0),
        ("240/min", 4.0),
        ("100/h", 100.0 / 3600.0),
        ("0/s", 0.0),
        ("1e3 / s", 1e3),
    ] {
        assert_eq!(one(&format!("\"{text}\"")), Ok(Rate::per_second(rate)), "{text}");
    }
    for (rate, text) in
        [(40.0, "40/s"), (100.0 / 3600.0, "100/h"), (0.5, "0.5/s"), (1.0 / 60.0, "1/min")]
    {
        assert_eq!(Rate::per_second(rate).to_string(), text);
    }
    expect![[r#"
        x:1:1: `x` is `40`, needs a unit, such as `40/s`
        x:1:1: `x` is `40`, needs a unit, such as `40/s`
        x:1:1: `x` is `40/sec`, `sec` is no unit; allowed units: `s`, `min`, `h`
        x:1:1: `x` is `-1/s`, must be finite and not negative
        x:1:1: `x` is `1e999/s`, must be finite and not negative
        x:1:1: `x` is `inf/s`, is no rate such as `40/s`
        x:1:1: `x` is `/s`, is no rate such as `40/s`
    "#]]
    .assert_eq(&all_wrong::<Rate>(&[
        "40",
        "\"40\"",
        "\"40/sec\"",
        "\"-1/s\"",
        "\"1e999/s\"",
        "\"inf/s\"",
        "\"/s\"",
    ]));
}

#[test]
fn bytes() {
    for (text, bytes, shown) in [
        ("512 MiB", 512 << 20, "512 MiB"),
        ("1.5 GiB", 3 << 29, "1.5 GiB"),
        ("1536MiB", 3 << 29, "1.5 GiB"),
        ("64 kB", 64_000, "64 kB"),
        ("0.5 KiB", 512, "512 B"),
        ("1024 B", 1024, "1 KiB"),
        ("0 B", 0, "0 B"),
        ("1234567 B", 1_234_567, "1234567 B"),
        ("2 TiB", 2 << 40, "2 TiB"),
    ] {
        let read = one::<Bytes>(&format!("\"{text}\""));
        assert_eq!(read, Ok(Bytes::new(bytes)), "{text}");
        assert_eq!(Bytes::new(bytes).to_string(), shown);
    }
    expect![[r#"
        x:1:1: `x` is `512`, needs a unit, such as `512 MiB`
        x:1:1: `x` is `512`, needs a unit, such as `512 MiB`
        x:1:1: `x` is `1 gb`, `gb` is no unit; allowed units: `B`, `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`, `TiB`
        x:1:1: `x` is `0.3 B`, must be a whole number of bytes
        x:1:1: `x` is `-1 B`, must not be negative
        x:1:1: `x` is `99999999 TiB`, must not exceed `18446744073709551615 B`
        x:1:1: `x` is `1 GiB 1 MiB`, is no amount such as `512 MiB`
    "#]].assert_eq(&all_wrong::<Bytes>(&[
        "512",
        "\"512\"",
        "\"1 gb\"",
        "\"0.3 B\"",
        "\"-1 B\"",
        "\"99999999 TiB\"",
        "\"1 GiB 1 MiB\"",
    ]));
}

#[test]
fn shares_names_zones_and_numbers() {
    assert_eq!(one("\"70%\""), Ok(Share::new(0.7).expect("a share")));
    assert_eq!(one("1"), Ok(Share::new(1.0).expect("a share")));
    assert_eq!(Share::new(0.7).expect("a share").to_string(), "70%");
    assert_eq!(Share::new(1.0 / 3.0).expect("a share").to_string(), "0.3333333333333333");
    assert_eq!(one::<Zone>("\"europe/berlin\"").map(|z| z.to_string()), Ok("Europe/Berlin".into()));
    assert_eq!(one("18446744073709551615"), Ok(u64::MAX));
    expect![[r#"
        x:1:1: `x` is `70`, must be between `0%` and `100%`
        x:1:1: `x` is `70`, is no share such as `70%` or `0.7`
        x:1:1: `x` is `-1%`, must be between `0%` and `100%`
        x:1:1: `x` is `x%`, is no share such as `70%` or `0.7`
        x:1:1: `x` is `-0.1`, must be between `0%` and `100%`
    "#]]
    .assert_eq(&all_wrong::<Share>(&["70", "\"70\"", "\"-1%\"", "\"x%\"", "-0.1"]));
    expect![[r#"
        x:1:1: `x` is ``, a name has only letters, digits, `-` and `_`
        x:1:1: `x` is `a b`, a name has only letters, digits, `-` and `_`
        x:1:1: `x` must be a name in quotes, found the number `3`
    "#]]
    .assert_eq(&all_wrong::<Name>(&["\"\"", "\"a b\"", "3"]));
    expect![[r#"
        x:1:1: there is no time zone `Europe/Berln`; did you mean `Europe/Berlin`?
        x:1:1: there is no time zone `x`
    "#]]
    .assert_eq(&all_wrong::<Zone>(&["\"Europe/Berln\"", "\"x\""]));
    expect![[r#"
        x:1:1: `x` is `-1`, must be between `0` and `4294967295`
        x:1:1: `x` is `4294967296`, must be between `0` and `4294967295`
        x:1:1: `x` must be a whole number, found the number `1.0`
        x:1:1: `x` must be a whole number, found the string `1`
    "#]]
    .assert_eq(&all_wrong::<u32>(&["-1", "4294967296", "1.0", "\"1\""]));
    expect![[r#"
        x:1:1: `x` is `NaN`, must be finite
        x:1:1: `x` is `inf`, must be finite
        x:1:1: `x` must be a number, found the string `1`
    "#]]
    .assert_eq(&all_wrong::<f64>(&["nan", "inf", "\"1\""]));
    expect![[r#"
        x:1:1: `x` has 2 values, must have 3
        x:1:1: `x` has 2 values, must have 3
        x:1:5: `x.1` must be a number, found `true`
        x:1:1: `x` must be an array, found the number `3`
    "#]]
    .assert_eq(&all_wrong::<[f64; 3]>(&["[1, 2]", "[1, true]", "3"]));
    expect![[r#"
        x:1:1: `x` is `2024-03-01T19:00:00`, must have its offset from UTC; such as `2024-03-01T19:00:00Z` or `2024-03-01T19:00:00+01:00`
        x:1:1: `x` is `2024-03-01`, must have a date and a time; such as `2024-03-01T19:00:00+01:00`
        x:1:1: `x` is `19:00:00`, must have a date and a time; such as `2024-03-01T19:00:00+01:00`
        x:1:1: `x` must be a date and time with its offset, found the string `2024-03-01T19:00:00Z`; write it without quotes
        x:1:1: `x` must be a date and time with its offset, found the string `noon`
    "#]].assert_eq(&all_wrong::<Timestamp>(&[
        "2024-03-01T19:00:00",
        "2024-03-01",
        "19:00:00",
        "\"2024-03-01T19:00:00Z\"",
        "\"noon\"",
    ]));
}

#[test]
fn equality_asks_for_no_place() {
    let (left, right) = (one::<At<u32>>("0x3"), one::<At<u32>>("3"));
    assert_eq!(left, right);
    assert_ne!(left.map(|at| at.place), right.map(|at| at.place));
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
    fn any_text_at_all_is_read_or_refused_with_a_problem(text in ".{0,80}") {
        let (_, log, sources) = reads::<Shop>(&text);
        let _ = (log.render(&sources, true), log.render_short(&sources));
    }

    #[test]
    fn no_value_is_lost_by_its_text(nanos: u64, bytes: u64, rate in 0.0f64..1e12, part in 0.0f64..=1.0) {
        let quote = |text: String| format!("\"{text}\"");
        let nanos = Duration::from_nanos(nanos);
        prop_assert_eq!(one(&quote(nanos.to_string())), Ok(nanos));
        let bytes = Bytes::new(bytes);
        prop_assert_eq!(one(&quote(bytes.to_string())), Ok(bytes));
        let rate = Rate::per_second(rate);
        prop_assert_eq!(one(&quote(rate.to_string())), Ok(rate));
        let share = Share::new(part).expect("a share");
        let text = share.write().expect("a text").inline();
        prop_assert_eq!(one(&text), Ok(share));
    }
}
