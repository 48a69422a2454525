//! The JSON schema (draft 2020-12) of a scenario, for editors that complete and check TOML.

use serde_json::{Map, Value, json};

use super::diagnostic::Diagnostics;
use super::keys::{Choice, Field, Key, Kind, Section, one_line};
use super::leaf::Name;
use super::place::Place;
use super::written::Written;

/// The schema of documents of type `T`.
pub fn json_schema<T: Key>(title: &str) -> Value {
    let mut definitions = Definitions { map: Map::new() };
    let root = definitions.kind(&T::describe());
    let mut schema = Map::new();
    schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("title".into(), title.into());
    if let Value::Object(root) = root {
        schema.extend(root);
    }
    schema.insert("$defs".into(), definitions.map.into());
    schema.into()
}

struct Definitions {
    map: Map<String, Value>,
}

impl Definitions {
    fn kind(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Leaf(leaf) => (leaf.schema)(),
            Kind::Any => json!({}),
            Kind::List { of, length: None } => json!({ "type": "array", "items": self.kind(of) }),
            Kind::List { of, length: Some(length) } => json!({
                "type": "array", "items": self.kind(of), "minItems": length, "maxItems": length,
            }),
            Kind::Named(of) => json!({
                "type": "object",
                "propertyNames": { "pattern": Name::PATTERN },
                "additionalProperties": self.kind(of),
            }),
            Kind::Section(Section { name, .. }) | Kind::Choice(Choice { name, .. }) => {
                if !self.map.contains_key(*name) {
                    // The name first, for a section that holds itself.
                    self.map.insert(name.to_string(), Value::Null);
                    let definition = match kind {
                        Kind::Section(section) => self.section(section),
                        Kind::Choice(choice) => self.choice(choice),
                        Kind::Leaf(_) | Kind::List { .. } | Kind::Named(_) | Kind::Any => json!({}),
                    };
                    self.map.insert(name.to_string(), definition);
                }
                json!({ "$ref": format!("#/$defs/{name}") })
            }
        }
    }

    fn section(&mut self, section: &Section) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in (section.fields)() {
            properties.insert(field.name.to_string(), self.field(&field));
            if field.required {
                required.push(field.name);
            }
        }
        let mut schema = json!({
            "type": "object",
            "description": one_line(section.doc),
            "properties": properties,
            "additionalProperties": false,
        });
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema
    }

    fn field(&mut self, field: &Field) -> Value {
        let mut schema = self.kind(&field.kind);
        if let Some((min, max)) = field.within {
            bound(&mut schema, min, max);
        }
        schema["description"] = one_line(field.doc).into();
        let mut log = Diagnostics::new();
        if let Some(node) = field.default_node(Place::NOWHERE, &mut log) {
            schema["default"] = Written::from(&node).json();
        }
        schema
    }

    fn choice(&mut self, choice: &Choice) -> Value {
        let mut forms = Vec::new();
        for variant in (choice.variants)() {
            let doc = one_line(variant.doc);
            if variant.bare {
                forms.push(json!({ "const": variant.tag, "description": doc }));
            }
            let Some(data) = &variant.data else { continue };
            let data = self.kind(data);
            forms.push(json!({
                "type": "object",
                "description": doc,
                "properties": { variant.tag: data },
                "required": [variant.tag],
                "additionalProperties": false,
            }));
            if choice.shorthand == Some(variant.tag) {
                forms.push(data);
            }
        }
        json!({ "description": one_line(choice.doc), "anyOf": forms })
    }
}

/// Puts the bounds of numbers into the schema; those of texts with units have no words there.
fn bound(schema: &mut Value, min: &str, max: &str) {
    let limits = |text: &str| text.parse::<serde_json::Number>().ok();
    match schema.get("type").and_then(Value::as_str) {
        Some("integer" | "number") => {
            if let (Some(min), Some(max)) = (limits(min), limits(max)) {
                schema["minimum"] = min.into();
                schema["maximum"] = max.into();
            }
        }
        Some("array") => bound(&mut schema["items"], min, max),
        Some(_) | None => {}
    }
}
