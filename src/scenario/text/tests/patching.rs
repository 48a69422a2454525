//! Patches, paths and `--set`.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::super::set::steps;
use super::super::{Diagnostics, Duration, Key, Rate, Sources, kind_at, lookup, merge, read, set};
use super::toys::{Next, Shop, Side, Wait, covered, tree};

const BASE: &str = r#"
name = "a"
opens = 2024-03-01T08:00:00Z
shelves = 5
day = [1, 2, 3]

[clerks.abe]
since = 2024-03-02T08:00:00Z
share = 0.25

[queue]
wait = "5s"
next = { lot = { of = 9, fair = "yes" } }

[till]
takes = "8s"

[[delivery]]
boxes = 1

[[delivery]]
boxes = 2
"#;

/// The base with a patch over it: the shop, or all problems.
fn patched(patch: &str) -> Result<Shop, String> {
    let mut sources = Sources::new();
    let mut base = tree(&mut sources, "base.toml", BASE);
    let patch = tree(&mut sources, "patch.toml", patch);
    merge(&mut base, &patch, &Shop::describe());
    let mut log = Diagnostics::new();
    read(&base, &mut log).ok_or_else(|| log.render_short(&sources))
}

/// The base with values set.
fn with(assignments: &[&str]) -> Result<Shop, String> {
    let mut sources = Sources::new();
    let mut base = tree(&mut sources, "base.toml", BASE);
    let mut log = Diagnostics::new();
    for assignment in assignments {
        let before = log.len();
        let good = set(assignment, &mut base, &Shop::describe(), &mut sources, &mut log);
        assert_eq!(good, log.len() == before);
    }
    let shop = read(&base, &mut log);
    if log.is_empty() { Ok(shop.expect("a shop")) } else { Err(log.render_short(&sources)) }
}

fn refused(result: Result<Shop, String>, expected: Expect) {
    expected.assert_eq(&result.expect_err("this must be refused"));
}

#[test]
fn tables_merge_and_values_replace() {
    let shop = patched(
        "shelves = 7\nday = [4, 5, 6]\n[clerks.abe]\nshare = 1\n[queue]\nside = \"right\"\n",
    )
    .expect("a right patch");
    assert_eq!((shop.name.as_str(), shop.shelves), ("a", 7));
    assert_eq!(shop.day.map(f64::to_bits), [4.0f64, 5.0, 6.0].map(f64::to_bits));
    let abe = shop.clerks.get("abe").expect("abe is there");
    assert_eq!(abe.share.to_string(), "100%");
    assert_eq!(abe.since.to_string(), "2024-03-02T08:00:00Z");
    assert_eq!((shop.queue.side, shop.queue.wait), (Side::Right, Duration::from_secs(5)));
    let shop = patched("[clerks.zoe]\nsince = 2024-03-02T08:00:00Z\n").expect("a right patch");
    assert_eq!(shop.clerks.names(), ["abe", "zoe"]);
    let shop = patched("[[delivery]]\nboxes = 7\n").expect("a right patch");
    assert_eq!(shop.delivery.iter().map(|d| d.boxes).collect::<Vec<_>>(), [7]);
}

#[test]
fn another_variant_replaces_the_choice_and_the_same_is_merged() {
    let next = |patch: &str| patched(&format!("queue.next = {patch}")).map(|shop| shop.queue.next);
    assert_eq!(next("{ oldest = 3 }"), Ok(Next::Oldest(3)));
    assert_eq!(next("\"first\""), Ok(Next::First));
    let lot = |patch| {
        let next = next(patch).expect("a right patch");
        let Next::Lot(lot) = next else { panic!("{next:?} is no lot") };
        (lot.of, lot.fair)
    };
    assert_eq!(lot("{ lot = { of = 3 } }"), (3, Some("yes".into())));
    assert_eq!(lot("\"lot\""), (9, Some("yes".into())));
    let takes = |patch: &str| patched(&format!("till.takes = {patch}")).map(|shop| shop.till.takes);
    assert_eq!(takes("{ constant = \"9s\" }"), Ok(Wait::Constant(Duration::from_secs(9))));
    assert_eq!(takes("\"9s\""), Ok(Wait::Constant(Duration::from_secs(9))));
    assert_eq!(takes("\"wild\""), Ok(Wait::Wild));
}

#[test]
fn problems_of_a_patch_are_in_the_patch() {
    refused(
        patched("shelfs = 3\nqueue = 3\n[till]\nlimit = \"1/y\"\n[clerks.abe]\nshare = 3\n"),
        expect![[r#"
            patch.toml:1:1: unknown key `shelfs`; did you mean `shelves`?
            patch.toml:2:9: `queue` must be a table, found the number `3`
            patch.toml:4:9: `till.limit` is `1/y`, `y` is no unit; allowed units: `s`, `min`, `h`
            patch.toml:6:9: `clerks.abe.share` is `3`, must be between `0%` and `100%`
        "#]],
    );
    refused(
        patched("queue.next = { lot = { of = 0, old = 3 } }"),
        expect![[r#"
        patch.toml:1:29: `queue.next.lot.of` is `0`, must be between `1` and `1000`
        patch.toml:1:32: unknown key `old` in `queue.next.lot`; known: `of`, `fair`
    "#]],
    );
    refused(
        patched("[clerks.zoe]\n"),
        expect![[r#"
        patch.toml:1:1: missing key `since` in `clerks.zoe`; `since` is a date and time with its offset, without quotes, such as `2024-03-01T19:00:00+01:00`
    "#]],
    );
    refused(
        patched("queue.next = { lot = 1, oldest = 2 }"),
        expect![[r#"
        patch.toml:1:14: `queue.next` must have one key of `first`, `lot`, `oldest`, `one_of`, found `lot`, `oldest`
    "#]],
    );
}

#[test]
fn a_value_is_found_by_its_path_and_so_is_its_kind() {
    let mut sources = Sources::new();
    let base = tree(&mut sources, "base.toml", BASE);
    let mut at = |path: &str| {
        let mut log = Diagnostics::new();
        let id = sources.add("path", path);
        let steps = steps(path, id, &mut log).expect("a path");
        let found = lookup(&base, &steps).map(|node| covered(&sources, node.place).to_string());
        let kind = kind_at(&Shop::describe(), &steps, &mut log).map(|kind| kind.type_name());
        format!("{path}: {found:?}, {}", kind.unwrap_or_else(|| log.render_short(&sources)).trim())
    };
    let paths = [
        "shelves",
        "clerks.abe.share",
        "\"clerks\" . 'zoe'.share",
        "delivery.1.boxes",
        "delivery.2.boxes",
        "delivery.last",
        "queue.next.lot.of",
        "queue.next.lod",
        "queue.next.first",
        "shelves.x",
        "queue.weit",
        "later.x.y.z",
    ];
    expect![[r#"
        shelves: Some("5"), a whole number
        clerks.abe.share: Some("0.25"), a share
        "clerks" . 'zoe'.share: None, a share
        delivery.1.boxes: Some("2"), a whole number
        delivery.2.boxes: None, a whole number
        delivery.last: None, path:1:10: `delivery` is an array, whose items have numbers, there is no `last` in it
        queue.next.lot.of: Some("9"), a whole number
        queue.next.lod: None, path:1:12: unknown key `lod` in `queue.next`; did you mean `lot`?
        queue.next.first: None, path:1:12: `queue.next` is `first`, which takes no data; write `"first"`
        shelves.x: None, path:1:9: `shelves` is a whole number, there is no `x` in it
        queue.weit: None, path:1:7: unknown key `weit` in `queue`; did you mean `wait`?
        later.x.y.z: None, any value
    "#]].assert_eq(&paths.map(|path| at(path) + "\n").concat());
}

#[test]
fn set_reaches_everything() {
    let shop = with(&[
        "shelves=7",
        "queue.wait=10s",
        "queue.next.oldest = 4",
        "clerks.abe.share=70%",
        "clerks.zoe.since=2024-03-05T08:00:00Z",
        "day.1=2.5",
        "delivery.1.boxes=9",
        "delivery.0.inside.boxes=8",
        "till.takes.uniform={ from = '1s', to = '2s' }",
        "till.takes.uniform.to=3s",
        "till.limit=30/min",
        "name=\"a=b.c\"",
        "later.x.y.z=1",
    ])
    .expect("right values");
    assert_eq!((shop.shelves, shop.name.as_str()), (7, "a=b.c"));
    assert_eq!(shop.queue.wait, Duration::from_secs(10));
    assert_eq!(shop.queue.next, Next::Oldest(4));
    assert_eq!(shop.clerks.names(), ["abe", "zoe"]);
    assert_eq!(shop.day.map(f64::to_bits), [1.0f64, 2.5, 3.0].map(f64::to_bits));
    assert_eq!(shop.delivery.iter().map(|d| d.boxes).collect::<Vec<_>>(), [1, 9]);
    assert_eq!(shop.delivery[0].inside.as_ref().map(|d| d.boxes), Some(8));
    assert_eq!(shop.till.limit, Rate::per_second(0.5));
    let Wait::Uniform(span) = shop.till.takes else { panic!("{:?}", shop.till.takes) };
    assert_eq!((span.from, span.to), (Duration::from_secs(1), Duration::from_secs(3)));
}

#[test]
fn set_on_a_default_changes_only_that() {
    let mut sources = Sources::new();
    let mut base = tree(&mut sources, "base.toml", "name = \"a\"\nopens = 2024-03-01T08:00:00Z");
    let mut log = Diagnostics::new();
    for assignment in ["queue.sing=true", "day.0=9", "till.takes.constant=1s"] {
        assert!(set(assignment, &mut base, &Shop::describe(), &mut sources, &mut log));
    }
    let shop: Shop =
        read(&base, &mut log).unwrap_or_else(|| panic!("{}", log.render(&sources, false)));
    assert_eq!((shop.queue.wait, shop.queue.sing), (Duration::from_secs(3), true));
    assert_eq!(shop.day.map(f64::to_bits), [9.0f64, 2.5, 3.0].map(f64::to_bits));
    assert_eq!(shop.till.takes, Wait::Constant(Duration::from_secs(1)));
}

#[test]
fn what_cannot_be_set_is_said_at_its_place() {
    refused(
        with(&[
            "shelves",
            "shelves=",
            "shelfs=3",
            "shelves=many",
            "queue..wait=3s",
            "queue.wait.x=3",
            "queue.next.old=3",
            "queue.next.lot.of=0",
            "delivery.7.boxes=1",
            "day=[1, 2",
            "clerks.abe.since=2024-03-05",
        ]),
        expect![[r#"
            --set shelves:1:1: there is no `=`; write `path.to.key=value`
            --set shelves=:1:1: there is no value after `=`
            --set shelfs=3:1:1: unknown key `shelfs`; did you mean `shelves`?
            --set shelves=many:1:9: `shelves` must be a whole number, found the string `many`
            --set queue..wait=3s:1:7: the path `queue..wait` lacks a key; keys are separated by `.`
            --set queue.wait.x=3:1:12: `queue.wait` is a duration, there is no `x` in it
            --set queue.next.old=3:1:12: unknown key `old` in `queue.next`; known: `first`, `lot`, `oldest`, `one_of`
            --set queue.next.lot.of=0:1:19: `queue.next.lot.of` is `0`, must be between `1` and `1000`
            --set delivery.7.boxes=1:1:10: `delivery` has 2 items, there is no `7`; items are counted from 0
            --set day=[1, 2:1:10: not valid TOML: unclosed array, expected `]`
            --set clerks.abe.since=2024-03-05:1:18: `clerks.abe.since` is `2024-03-05`, must have a date and a time; such as `2024-03-01T19:00:00+01:00`
        "#]],
    );
}

proptest! {
    #[test]
    fn any_assignment_is_taken_or_refused_with_a_problem(
        path in "(shelves|queue|till|clerks|day|delivery|later|takes|next|lot|[.0é'\"]){0,6}",
        value in "[=0-9a-z'\"{}\\[\\], .é]{0,12}",
    ) {
        if let Err(problems) = with(&[&format!("{path}={value}")]) {
            prop_assert!(!problems.is_empty());
        }
    }
}
