//! The reference page and the JSON schema.

use expect_test::expect;
use serde_json::Value;

use super::super::{json_schema, reference_page};
use super::toys::{Queue, Shop};

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
        | switch | `true` or `false` |
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
                        "pattern": "^[A-Za-z0-9_-]{1,100}$",
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
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    match value.as_str() {
                        Some(text) if key == "$ref" => found.push(text.to_string()),
                        _ => references(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|v| references(v, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let schema = json_schema::<Shop>("Shops");
    let mut found = Vec::new();
    references(&schema, &mut found);
    assert!(found.len() > 8, "{found:?}");
    for reference in found {
        let target = schema.pointer(reference.trim_start_matches('#'));
        assert!(target.is_some_and(Value::is_object), "{reference}");
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
