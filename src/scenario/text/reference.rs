//! The reference page: every key with its type, range, default and meaning, as Markdown.

use std::collections::VecDeque;

use super::keys::{Choice, Field, Key, Kind, Leaf, Section, one_line};

/// The page about `T` and all that it holds, in the order of first use.
pub fn reference_page<T: Key>() -> String {
    let mut page =
        Page { text: String::new(), seen: Vec::new(), queue: VecDeque::new(), leaves: Vec::new() };
    page.mention(&T::describe());
    while let Some(kind) = page.queue.pop_front() {
        match kind {
            Kind::Section(section) => page.section(&section),
            Kind::Choice(choice) => page.choice(&choice),
            Kind::Leaf(_) | Kind::List { .. } | Kind::Named(_) | Kind::Any => {}
        }
    }
    page.values();
    page.text
}

struct Page {
    text: String,
    /// The ids of the sections and choices that have a place on the page.
    seen: Vec<&'static str>,
    queue: VecDeque<Kind>,
    leaves: Vec<Leaf>,
}

impl Page {
    /// Makes room for what is mentioned, and says how to mention it.
    fn mention(&mut self, kind: &Kind) -> String {
        match kind {
            Kind::Leaf(leaf) => {
                if !self.leaves.iter().any(|other| other.type_name == leaf.type_name) {
                    self.leaves.push(leaf.clone());
                }
                without_article(leaf.type_name).to_string()
            }
            Kind::Section(Section { name, id, .. }) | Kind::Choice(Choice { name, id, .. }) => {
                if !self.seen.contains(id) {
                    self.seen.push(id);
                    self.queue.push_back(kind.clone());
                }
                format!("[{name}](#{})", name.to_lowercase())
            }
            Kind::List { of, length: None } => format!("list of {}", self.mention(of)),
            Kind::List { of, length: Some(length) } => {
                format!("list of {length}: {}", self.mention(of))
            }
            Kind::Named(of) => format!("by name: {}", self.mention(of)),
            Kind::Any => "anything".to_string(),
        }
    }

    fn heading(&mut self, name: &str, doc: &str) {
        let level = if self.text.is_empty() { "#" } else { "\n##" };
        self.text.push_str(&format!("{level} {name}\n\n{}\n", paragraphs(doc)));
    }

    fn section(&mut self, section: &Section) {
        self.heading(section.name, section.doc);
        let fields = (section.fields)();
        if fields.is_empty() {
            self.text.push_str("\nNo keys.\n");
            return;
        }
        self.text.push_str("\n| Key | Type | Range | Default | Meaning |\n|---|---|---|---|---|\n");
        for field in &fields {
            let kind = self.mention(&field.kind);
            self.text.push_str(&format!(
                "| `{}` | {kind} | {} | {} | {} |\n",
                field.name,
                field.range().unwrap_or_default(),
                default_cell(field),
                cell(&one_line(field.doc)),
            ));
        }
    }

    fn choice(&mut self, choice: &Choice) {
        self.heading(choice.name, choice.doc);
        self.text.push_str("\nOne of:\n\n");
        for variant in (choice.variants)() {
            let form = match &variant.data {
                None => format!("`\"{}\"`", variant.tag),
                Some(data) => {
                    let bare = if variant.bare {
                        format!("`\"{}\"` or ", variant.tag)
                    } else {
                        String::new()
                    };
                    format!("{bare}`{{ {} = .. }}` with {}", variant.tag, self.mention(data))
                }
            };
            let doc = one_line(variant.doc);
            self.text.push_str(&format!("- {form}: {doc}\n"));
        }
        if let Some(tag) = choice.shorthand {
            self.text.push_str(&format!("\nThe data of `{tag}` may be written without the tag.\n"));
        }
    }

    fn values(&mut self) {
        if self.leaves.is_empty() {
            return;
        }
        self.text.push_str("\n## How values are written\n\n| Type | Written |\n|---|---|\n");
        for leaf in &self.leaves {
            let name = without_article(leaf.type_name);
            self.text.push_str(&format!("| {name} | {} |\n", cell(leaf.format)));
        }
    }
}

fn default_cell(field: &Field) -> String {
    match field.default_text() {
        Some(text) => format!("`{}`", cell(&text)),
        None if field.required => "required".to_string(),
        None => "none".to_string(),
    }
}

fn without_article(type_name: &str) -> &str {
    type_name.strip_prefix("a ").or_else(|| type_name.strip_prefix("an ")).unwrap_or(type_name)
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The words of a `///` comment without the space each line begins with.
fn paragraphs(doc: &str) -> String {
    let lines: Vec<&str> =
        doc.trim().lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    lines.join("\n")
}
