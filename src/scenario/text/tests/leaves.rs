//! Single values: what they may look like, and what is said about the rest.

use expect_test::expect;
use proptest::prelude::*;

use super::super::tree::parse_value;
use super::super::{
    At, Bytes, Diagnostics, Duration, Key, KeyPath, Name, Rate, Share, Sources, Timestamp, Zone,
};

/// Reads one value of type `T` under the key `x`; or what is wrong with it.
pub(super) fn one<T: Key>(text: &str) -> Result<T, String> {
    let (mut sources, mut log) = (Sources::new(), Diagnostics::new());
    let id = sources.add("x", text);
    let value = parse_value(id, text, 0, &mut log)
        .and_then(|node| T::read(&node, &KeyPath::root().key("x"), &mut log));
    assert_eq!(value.is_some(), log.is_empty());
    value.ok_or_else(|| log.render_short(&sources).trim_end().to_string())
}

/// What is wrong with each of the texts, one on each line.
pub(super) fn all_wrong<T: Key>(texts: &[&str]) -> String {
    let said = |text: &&str| one::<T>(text).err().unwrap_or_else(|| format!("{text} is right"));
    texts.iter().map(said).collect::<Vec<_>>().join("\n") + "\n"
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
        ("3155760000000000000ns", 3_155_760_000_000_000_000),
        ("36525d", 3_155_760_000_000_000_000),
    ] {
        assert_eq!(one(&format!("\"{text}\"")), Ok(Duration::from_nanos(nanos)), "{text}");
    }
    expect![[r#"
        x:1:1: `x` is `10`, needs a unit, such as `10s`
        x:1:1: `x` is `-1.5`, needs a unit, such as `1.5s`
        x:1:1: `x` is `10`, needs a unit, such as `10s`
        x:1:1: `x` is `10sec`, `sec` is no unit; did you mean `s`?; allowed units: `ns`, `us`, `ms`, `s`, `min`, `h`, `d`
        x:1:1: `x` is `-5s`, must not be negative
        x:1:1: `x` is ``, is no duration such as `10s` or `1h 30min`
        x:1:1: `x` is `soon`, is no duration such as `10s` or `1h 30min`
        x:1:1: `x` is `1.5ns`, must be a whole number of nanoseconds
        x:1:1: `x` is `36526d`, must not exceed 100 years
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
        "\"36526d\"",
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
        x:1:1: `x` is `40/sec`, `sec` is no unit; did you mean `s`?; allowed units: `s`, `min`, `h`
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
        x:1:1: `x` is `1 gb`, `gb` is no unit; did you mean `GB`?; allowed units: `B`, `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`, `TiB`
        x:1:1: `x` is `1 Gib`, `Gib` is no unit; did you mean `GiB`?; allowed units: `B`, `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`, `TiB`
        x:1:1: `x` is `1 lot`, `lot` is no unit; allowed units: `B`, `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`, `TiB`
        x:1:1: `x` is `0.3 B`, must be a whole number of bytes
        x:1:1: `x` is `-1 B`, must not be negative
        x:1:1: `x` is `99999999 TiB`, must not exceed `1024 TiB`
        x:1:1: `x` is `1 GiB 1 MiB`, is no amount such as `512 MiB`
    "#]].assert_eq(&all_wrong::<Bytes>(&[
        "512",
        "\"512\"",
        "\"1 gb\"",
        "\"1 Gib\"",
        "\"1 lot\"",
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
        x:1:1: `x` is ``, a name has only letters, digits, `-` and `_`, 100 at most
        x:1:1: `x` is `a b`, a name has only letters, digits, `-` and `_`, 100 at most
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
fn names_are_short_and_texts_can_be_read() {
    let named = |length| Name::new(&"x".repeat(length)).is_some();
    assert!(named(Name::LENGTH_MAX) && !named(Name::LENGTH_MAX + 1));
    assert_eq!(one(r#""two\nlines\r\n\té""#), Ok("two\nlines\r\n\té".to_string()));
    expect![[r#"
        x:1:1: `x` is `a\u{1b}[31m`, must not contain the character \u{1b}
        x:1:1: `x` is `\r`, must not contain the character \u{d}
        x:1:1: `x` is `\u{85}`, must not contain the character \u{85}
        x:1:1: `x` is `a\u{202e}cod`, must not contain the character \u{202e}
        x:1:1: `x` is `\u{ffff}`, must not contain the character \u{ffff}
        x:1:1: `x` must be text in quotes, found the number `3`
    "#]]
    .assert_eq(&all_wrong::<String>(&[
        r#""a\u001b[31m""#,
        r#""\r""#,
        r#""\u0085""#,
        r#""a\u202ecod""#,
        r#""\uffff""#,
        "3",
    ]));
}

#[test]
fn equality_asks_for_no_place() {
    let (left, right) = (one::<At<u32>>("0x3"), one::<At<u32>>("3"));
    assert_eq!(left, right);
    assert_ne!(left.map(|at| at.place), right.map(|at| at.place));
}

proptest! {
    #[test]
    fn no_value_is_lost_by_its_text(
        nanos in 0..=3_155_760_000_000_000_000_u64,
        bytes in 0..=1_u64 << 50,
        rate in 0.0f64..1e12,
        part in 0.0f64..=1.0,
    ) {
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
