//! What all pages share: the document around the content, the head, and the tables.

use super::chart::View;
use super::clock::Clock;
use super::documents::{Expected, Head};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A whole page. One with pictures over time says where its clock begins and what it shows first,
/// for the script.
pub(super) fn document(
    head: &Head,
    kind: &str,
    time: Option<(&Clock, View)>,
    body: &Markup,
) -> String {
    // What a scenario says is text wherever it stands, and nothing but our own script may run.
    let hash = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{hash}'; \
         base-uri 'none'; form-action 'none'"
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content={ "fleetfall " (head.fleetfall) };
                title { (head.title) " – " (kind) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body data-start=[time.map(|(clock, _)| clock.start_ms())]
                data-zone=[time.map(|(clock, _)| clock.name.as_str())]
                data-length=[time.map(|(clock, _)| clock.length)]
                data-from=[time.map(|(_, view)| view.from)]
                data-to=[time.map(|(_, view)| view.to)] {
                main { (body) (footer(head)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// Title, what it is about, and the verdict with its numbers.
pub(super) fn top(head: &Head, about: &str, verdicts: &[&str]) -> Markup {
    html! {
        header {
            h1 { (head.title) }
            p.about { (about) }
            @if !head.with.is_empty() || !head.set.is_empty() {
                p.changed { "Changed: " (changes(head).join(", ")) }
            }
            (partial("Partial", head))
            @for verdict in verdicts { (answer(verdict)) }
        }
    }
}

/// Why a document is of less than was asked for, if it is. `what` says which one.
pub(super) fn partial(what: &str, head: &Head) -> Markup {
    html! {
        @if let Some(partial) = &head.partial {
            p.partial role="note" { (what) ": " (marked(&partial.words)) }
        }
    }
}

/// A verdict: the answer large, what else it says below.
fn answer(verdict: &str) -> Markup {
    let (answer, rest) = match verdict.split_once(". ") {
        Some((answer, rest)) => (format!("{answer}."), rest),
        None => (verdict.to_string(), ""),
    };
    html! {
        p.verdict { (marked(&answer)) }
        @if !rest.is_empty() { p { (marked(rest)) } }
    }
}

/// Text in which names stand between backticks, as on a terminal.
pub(super) fn marked(text: &str) -> Markup {
    // Without its other half a backtick is one.
    let pairs = text.matches('`').count() / 2;
    let parts: Vec<&str> = text.splitn(2 * pairs + 1, '`').collect();
    html! {
        @for (place, part) in parts.iter().enumerate() {
            @if place % 2 == 1 { code { (*part) } } @else { (*part) }
        }
    }
}

fn changes(head: &Head) -> Vec<String> {
    let with = head.with.iter().map(|name| format!("with {name}"));
    with.chain(head.set.iter().cloned()).collect()
}

fn footer(head: &Head) -> Markup {
    html! {
        footer {
            @if let Some(source) = &head.source { p { "Facts from " (source) } }
            p {
                "Made by fleetfall " (head.fleetfall) " from scenario " code { (head.scenario) }
                " (" code { (head.scenario_hash) } "), seed " (head.seed)
                ". The files beside this page hold every number."
            }
        }
    }
}

/// A table that scrolls by itself where the page is narrow. The first cell of a row names it.
pub(super) fn table(caption: &str, head: &[&str], rows: &[Vec<Markup>]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { @for name in head { th scope="col" { (*name) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (place, cell) in row.iter().enumerate() {
                                @if place == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Text as a cell.
pub(super) fn cell(text: impl AsRef<str>) -> Markup {
    html! { (text.as_ref()) }
}

/// A verdict as a word with its colour.
pub(super) fn verdict(name: &str) -> Markup {
    html! { span.tag.(name) { (name.replace('_', " ")) } }
}

/// Claims with what was observed; nothing if there are none.
pub(super) fn claims(title: &str, claims: &[&Expected]) -> Markup {
    let has_published = claims.iter().any(|claim| claim.published.is_some());
    let row = |claim: &&Expected| {
        let mut row = vec![marked(&claim.claim)];
        if has_published {
            row.push(marked(claim.published.as_deref().unwrap_or("")));
        }
        row.extend([marked(&claim.observed), verdict(&claim.verdict)]);
        row
    };
    let head: &[&str] = if has_published {
        &["claim", "published", "simulated", "verdict"]
    } else {
        &["claim", "simulated", "verdict"]
    };
    let rows: Vec<Vec<Markup>> = claims.iter().map(row).collect();
    html! { @if !rows.is_empty() { (table(title, head, &rows)) } }
}

/// A picture that `plotters` drew, which bears its title itself.
pub(super) fn picture(id: &str, name: &str, about: &str, svg: &str) -> Markup {
    let start = svg.find("<svg").unwrap_or(0);
    html! {
        figure.still id=(id) {
            div.scroll tabindex="0" role="img" aria-label=(name) { (PreEscaped(&svg[start..])) }
            figcaption { p { (about) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::marked;

    #[test]
    fn names_between_backticks_are_code() {
        let cases = [
            ("plain <b>", "plain &lt;b&gt;"),
            ("a `b` c", "a <code>b</code> c"),
            ("`b`", "<code>b</code>"),
            ("it's ` alone", "it's ` alone"),
            ("`a` and `", "<code>a</code> and `"),
        ];
        for (text, html) in cases {
            assert_eq!(marked(text).into_string(), html);
        }
    }
}
