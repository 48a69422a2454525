//! Values as a readable TOML document that reads back as the same values.

use super::keys::Key;
use super::written::{Layout, Written, key_text};

/// Lines are not longer where that can be helped.
const WIDTH: usize = 100;

/// The whole of `value` as a TOML document.
pub fn print<T: Key>(value: &T) -> String {
    let mut page = Page { text: String::new() };
    if let Some(Written::Table(layout, entries)) = value.write() {
        page.entries("", layout, &entries);
    }
    page.text
}

struct Page {
    text: String,
}

impl Page {
    /// First what stands on a line, then what has a header of its own, as TOML wants it.
    fn entries(&mut self, path: &str, layout: Layout, entries: &[(String, Written)]) {
        let mut headed: Vec<bool> =
            entries.iter().map(|(key, value)| wants_header(key, value)).collect();
        // Sorting would change the order of the names, which means something.
        if layout == Layout::Named && headed.contains(&false) {
            headed.fill(false);
        }
        for ((key, value), _) in entries.iter().zip(&headed).filter(|(_, headed)| !**headed) {
            self.line(key, value);
        }
        for ((key, value), _) in entries.iter().zip(&headed).filter(|(_, headed)| **headed) {
            let key = key_text(key);
            let path = if path.is_empty() { key } else { format!("{path}.{key}") };
            self.headed(&path, value);
        }
    }

    fn headed(&mut self, path: &str, value: &Written) {
        match value {
            Written::Table(layout, entries) => {
                let only_tables = entries.iter().all(|(key, value)| wants_header(key, value));
                if entries.is_empty() || !only_tables {
                    self.header(&format!("[{path}]"));
                }
                self.entries(path, *layout, entries);
            }
            Written::Array(items) => {
                for item in items {
                    if let Written::Table(layout, entries) = item {
                        self.header(&format!("[[{path}]]"));
                        self.entries(path, *layout, entries);
                    }
                }
            }
            Written::Str(_)
            | Written::Int(_)
            | Written::Float(_)
            | Written::Bool(_)
            | Written::Bare(_) => {}
        }
    }

    fn header(&mut self, header: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(header);
        self.text.push('\n');
    }

    fn line(&mut self, key: &str, value: &Written) {
        let line = format!("{} = {}", key_text(key), value.inline());
        match value {
            Written::Array(items) if line.chars().count() > WIDTH => {
                self.text.push_str(&format!("{} = [", key_text(key)));
                let mut column = WIDTH;
                for item in items {
                    let item = item.inline();
                    let width = item.chars().count() + 2;
                    if column + width > WIDTH {
                        self.text.push_str("\n   ");
                        column = 3;
                    }
                    self.text.push_str(&format!(" {item},"));
                    column += width;
                }
                self.text.push_str("\n]");
            }
            Written::Array(_)
            | Written::Str(_)
            | Written::Int(_)
            | Written::Float(_)
            | Written::Bool(_)
            | Written::Bare(_)
            | Written::Table(..) => self.text.push_str(&line),
        }
        self.text.push('\n');
    }
}

/// Whether a value is shown under a header of its own.
fn wants_header(key: &str, value: &Written) -> bool {
    match value {
        Written::Table(Layout::Section | Layout::Named, _) => true,
        Written::Table(Layout::Inline, _) => {
            key_text(key).len() + 3 + value.inline().chars().count() > WIDTH
        }
        Written::Array(items) => {
            let section =
                |item: &Written| matches!(item, Written::Table(Layout::Section | Layout::Named, _));
            !items.is_empty() && items.iter().all(section)
        }
        Written::Str(_)
        | Written::Int(_)
        | Written::Float(_)
        | Written::Bool(_)
        | Written::Bare(_) => false,
    }
}
