//! Problems as text for people: with the line and a caret, or one line each.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::borrow::Cow;

use super::diagnostic::{Diagnostic, Diagnostics, printable};
use super::place::Sources;

/// Problems that are shown; whoever has more will look again when these are gone.
const SHOWN_MAX: usize = 100;

impl Diagnostics {
    /// Every problem with its line and a caret under the place; of many the first.
    pub fn render(&self, sources: &Sources, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let mut text = String::new();
        let all = self.sorted();
        for diagnostic in all.iter().take(SHOWN_MAX) {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&renderer.render(&[group(diagnostic, sources)]));
            text.push('\n');
        }
        text + &more(all.len())
    }

    /// One line for each problem: `file:line:column: message; help`; of many the first.
    pub fn render_short(&self, sources: &Sources) -> String {
        let mut text = String::new();
        let all = self.sorted();
        for diagnostic in all.iter().take(SHOWN_MAX) {
            if let Some((name, line, column)) =
                diagnostic.place.and_then(|place| sources.position(place))
            {
                text.push_str(&format!("{}:{line}:{column}: ", printable(name)));
            }
            text.push_str(&diagnostic.message);
            for help in &diagnostic.help {
                text.push_str("; ");
                text.push_str(help);
            }
            text.push('\n');
        }
        text + &more(all.len())
    }
}

/// What is said of the problems that are not shown.
fn more(count: usize) -> String {
    match count.saturating_sub(SHOWN_MAX) {
        0 => String::new(),
        more => format!("... and {more} more\n"),
    }
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let mut group = Group::with_title(Level::ERROR.primary_title(diagnostic.message.as_str()));
    if let Some(place) = diagnostic.place
        && let Some(source) = sources.get(place.source)
    {
        group = group.element(
            Snippet::source(visible(&source.text))
                .path(printable(&source.name))
                .annotation(AnnotationKind::Primary.span(source.range(place))),
        );
    }
    group.elements(diagnostic.help.iter().map(|help| Level::HELP.message(help.as_str())))
}

/// The text with a mark for each of the control characters beyond ASCII, as long as they are, so
/// that places stay. Those of ASCII are marked by the renderer.
fn visible(text: &str) -> Cow<'_, str> {
    let obeyed = '\u{80}'..='\u{9f}';
    if text.contains(|c| obeyed.contains(&c)) {
        Cow::Owned(text.chars().map(|c| if obeyed.contains(&c) { '¤' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}
