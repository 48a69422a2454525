//! The reference page, the JSON schema and the print.

use expect_test::expect;
use proptest::prelude::*;

use super::super::{
    At, Bytes, Duration, Key, Name, Named, Rate, Raw, Share, Sources, Timestamp, Zone, json_schema,
    print, reference_page,
};
use super::toys::{Clerk, Delivery, Lot, Next, Queue, Shop, Side, Span, Till, Wait, right, tree};

#[test]
fn the_reference_page() {
    expect![[r##"
        # Shop

        A small shop.

        It sells toys.

        | Key | Type | Range | Default | Meaning |
        |---|---|---|---|---|
        | `name` | text |  | required | What it is called. |
        | `opens` | date and time with its offset |  | required | When it opens. |
        | `zone` | time zone |  | `"Europe/Berlin"` | Where it is. |
        | `note` | text |  | none | A note. |
        | `shelves` | whole number | 1 to 100 | `3` | How many shelves. |
        | `warmth` | number | -20 to 40 | `-1.5` | How warm it is. |
        | `till` | [Till](#till) |  | `{}` | The till. |
        | `queue` | [Queue](#queue) |  | `{ wait = "3s" }` | The queue. |
        | `clerks` | by name: [Clerk](#clerk) |  | none | The clerks. |
        | `day` | list of 3: number | 0 to 10 | `[1, 2.5, 3]` | How the day goes. |
        | `delivery` | list of [Delivery](#delivery) |  | none | Deliveries. |
        | `later` | by name: anything |  | none | Kept for later. |
        | `open` | share | 10% to 90% | none | How much of it is open. |
        | `type` | name |  | `"toys"` | The shelf of the till. |

        ## Till

        Where money is taken.

        | Key | Type | Range | Default | Meaning |
        |---|---|---|---|---|
        | `takes` | [Wait](#wait) |  | `"2s"` | How long one customer takes. |
        | `limit` | rate | 1/min to 100/s | `"40/s"` | Customers at most. |
        | `paper` | amount of bytes |  | `"512 MiB"` | What the receipts need. |

        ## Queue

        How people queue.

        | Key | Type | Range | Default | Meaning |
        |---|---|---|---|---|
        | `wait` | duration | 10ms to 1h | `"1s"` | How long they do. |
        | `side` | [Side](#side) |  | `"left"` | On which side. |
        | `sing` | switch |  | `false` | Whether they sing. |
        | `next` | [Next](#next) |  | `"first"` | Who is next. |

        ## Clerk

        One who sells.

        | Key | Type | Range | Default | Meaning |
        |---|---|---|---|---|
        | `since` | date and time with its offset |  | required | From when. |
        | `share` | share |  | `"50%"` | How good. |

        ## Delivery

        What comes by truck.

        | Key | Type | Range | Default | Meaning |
        |---|---|---|---|---|
        | `boxes` | whole number |  | required | How many boxes. |
        | `weights` | list of number | 0 to 5 | none | How heavy each is. |
        | `inside` | [Delivery](#delivery) |  | none | What is inside, box in box. |

        ## Wait

        A time that may be random.

        One of:

        - `{ constant = .. }` with duration: Always the same.
        - `{ uniform = .. }` with [Span](#span): Between two.
        - `"wild"`: As it comes.

        The data of `constant` may be written without the tag.

        ## Side

        A side of the shop.

        One of:

        - `"left"`: The left.
        - `"right"`: The right.

        ## Next

        Who is next.

        One of:

        - `"first"`: Who came first.
        - `"lot"` or `{ lot = .. }` with [Lot](#lot): By lot.
        - `{ oldest = .. }` with whole number: By age.
        - `"one_of"` or `{ one_of = .. }` with list of name: One of these.

        ## Span

        A span of time.

        | Key | Type | Range | Default | Meaning |
        |---|---|---|---|---|
        | `from` | duration |  | required | The least. |
        | `to` | duration |  | `"1min"` | The most. |

        ## Lot

        How lots are drawn.

        | Key | Type | Range | Default | Meaning |
        |---|---|---|---|---|
        | `of` | whole number | 1 to 1000 | `6` | From how many. |
        | `fair` | text |  | none | How fair it is, in very many words. |

        ## How values are written

        | Type | Written |
        |---|---|
        | text | such as `"any text"` |
        | date and time with its offset | without quotes, such as `2024-03-01T19:00:00+01:00` |
        | time zone | a name of the IANA database, such as `"Europe/Berlin"` |
        | whole number | such as `3` |
        | number | such as `1.5` |
        | share | such as `"70%"`, or a number from 0 to 1 |
        | name | letters, digits, `-` and `_`, such as `"api-1"` |
        | rate | number and `/s`, `/min` or `/h`, such as `"40/s"` |
        | amount of bytes | number and unit (`B`, `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`, `TiB`), such as `"512 MiB"` |
        | duration | number and unit (`ns`, `us`, `ms`, `s`, `min`, `h`, `d`), such as `"250ms"` or `"1h 30min"` |
        | switch | which is `true` or `false` |
    "##]].assert_eq(&reference_page::<Shop>());
}

#[test]
fn the_schema_of_a_section() {
    let schema = json_schema::<Queue>("Queues");
    expect![[r##"
        {
          "$defs": {
            "Lot": {
              "additionalProperties": false,
              "description": "How lots are drawn.",
              "properties": {
                "fair": {
                  "description": "How fair it is, in very many words.",
                  "type": "string"
                },
                "of": {
                  "default": 6,
                  "description": "From how many.",
                  "maximum": 1000,
                  "minimum": 1,
                  "type": "integer"
                }
              },
              "type": "object"
            },
            "Next": {
              "anyOf": [
                {
                  "const": "first",
                  "description": "Who came first."
                },
                {
                  "const": "lot",
                  "description": "By lot."
                },
                {
                  "additionalProperties": false,
                  "description": "By lot.",
                  "properties": {
                    "lot": {
                      "$ref": "#/$defs/Lot"
                    }
                  },
                  "required": [
                    "lot"
                  ],
                  "type": "object"
                },
                {
                  "additionalProperties": false,
                  "description": "By age.",
                  "properties": {
                    "oldest": {
                      "maximum": 4294967295,
                      "minimum": 0,
                      "type": "integer"
                    }
                  },
                  "required": [
                    "oldest"
                  ],
                  "type": "object"
                },
                {
                  "const": "one_of",
                  "description": "One of these."
                },
                {
                  "additionalProperties": false,
                  "description": "One of these.",
                  "properties": {
                    "one_of": {
                      "items": {
                        "pattern": "^[A-Za-z0-9_-]+$",
                        "type": "string"
                      },
                      "type": "array"
                    }
                  },
                  "required": [
                    "one_of"
                  ],
                  "type": "object"
                }
              ],
              "description": "Who is next."
            },
            "Queue": {
              "additionalProperties": false,
              "description": "How people queue.",
              "properties": {
                "next": {
                  "$ref": "#/$defs/Next",
                  "default": "first",
                  "description": "Who is next."
                },
                "side": {
                  "$ref": "#/$defs/Side",
                  "default": "left",
                  "description": "On which side."
                },
                "sing": {
                  "default": false,
                  "description": "Whether they sing.",
                  "type": "boolean"
                },
                "wait": {
                  "default": "1s",
                  "description": "How long they do.",
                  "pattern": "^\\s*([0-9]+(\\.[0-9]+)?\\s*(ns|us|ms|s|min|h|d)\\s*)+$",
                  "type": "string"
                }
              },
              "type": "object"
            },
            "Side": {
              "anyOf": [
                {
                  "const": "left",
                  "description": "The left."
                },
                {
                  "const": "right",
                  "description": "The right."
                }
              ],
              "description": "A side of the shop."
            }
          },
          "$ref": "#/$defs/Queue",
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "title": "Queues"
        }"##]]
    .assert_eq(&serde_json::to_string_pretty(&schema).expect("JSON"));
}

#[test]
fn every_reference_of_the_schema_leads_somewhere() {
    fn references(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(map) => {
                for (key, value) in map {
                    match value.as_str() {
                        Some(text) if key == "$ref" => found.push(text.to_string()),
                        _ => references(value, found),
                    }
                }
            }
            serde_json::Value::Array(items) => items.iter().for_each(|v| references(v, found)),
            _ => {}
        }
    }
    let schema = json_schema::<Shop>("Shops");
    let mut found = Vec::new();
    references(&schema, &mut found);
    assert!(found.len() > 8, "{found:?}");
    for reference in found {
        let target = schema.pointer(reference.trim_start_matches('#'));
        assert!(target.is_some_and(serde_json::Value::is_object), "{reference}");
    }
    assert_eq!(schema["$defs"]["Shop"]["required"], serde_json::json!(["name", "opens"]));
    assert_eq!(schema["$defs"]["Shop"]["properties"]["shelves"]["maximum"], 100);
    assert_eq!(schema["$defs"]["Shop"]["properties"]["day"]["items"]["maximum"], 10);
    assert_eq!(schema["$defs"]["Delivery"]["properties"]["inside"]["$ref"], "#/$defs/Delivery");
    let forms = schema["$defs"]["Wait"]["anyOf"].as_array().expect("forms");
    assert!(forms.iter().any(|form| form["const"] == "wild"));
    assert!(forms.iter().any(|form| form["pattern"].is_string()), "{forms:?}");
    assert!(!forms.iter().any(|form| form["const"] == "uniform"), "`from` is required");
}

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
        (1u32..=1000, proptest::option::of(".{0,120}"))
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

prop_compose! {
    fn shop()(
        texts in (".{0,20}", proptest::option::of(any::<String>())),
        opens in timestamp(),
        zone in proptest::sample::select(vec!["UTC", "Europe/Berlin", "America/Sao_Paulo"]),
        numbers in (1u32..=100, -20.0f64..=40.0, [0.0f64..=10.0, 0.0..=10.0, 0.0..=10.0]),
        till in (wait(), 1.0f64..=100.0, any::<u64>()),
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
