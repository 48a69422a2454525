//! What holds for every page.

use super::chrome::{SCREENS, Tab, is_required, say, url};
use super::pages::{PAGES, Page};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The page asks nobody for anything and has nothing to complain about.
#[test]
fn opens_quietly_and_alone() {
    for page in PAGES {
        let Some(tab) = Tab::open(&page.file()) else { return };
        use_everything(&tab);
        for name in ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"] {
            assert_eq!(tab.events(name), Vec::<Value>::new(), "{}: {name}", page.name);
        }
        let requests = tab.events("Network.requestWillBeSent");
        let asked: Vec<&str> =
            requests.iter().filter_map(|event| event["request"]["url"].as_str()).collect();
        let strangers: Vec<_> = asked.iter().filter(|to| !to.starts_with("data:")).collect();
        assert_eq!(strangers, [&url(&page.file())], "{}", page.name);
    }
}

/// Presses every button and every switch, and points at every picture.
fn use_everything(tab: &Tab) {
    tab.eval(
        "for (const one of document.querySelectorAll('button, summary, input')) one.click();
         for (const one of document.querySelectorAll('.area')) {
             const box = one.getBoundingClientRect();
             one.dispatchEvent(new PointerEvent('pointermove', { clientX: box.left + 50 }));
             for (const key of ['ArrowLeft', 'End', '+', '-', 'Escape', 'x']) {
                 one.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
             }
         }",
    );
}

/// The value at a place such as `measures.downtime_s.mean`. Keys may have dots of their own.
fn at<'a>(value: &'a Value, place: &str) -> Option<&'a Value> {
    let ends = place.match_indices('.').map(|(end, _)| end).chain([place.len()]);
    let inside = |key: &str| match value {
        Value::Array(list) => list.get(key.parse::<usize>().ok()?),
        _ => value.get(key),
    };
    ends.filter_map(|end| {
        let found = inside(&place[..end])?;
        if end == place.len() { Some(found) } else { at(found, &place[end + 1..]) }
    })
    .next()
}

/// Whether a text such as `47.1 ± 0.3 min` says this number, as exactly as it is written.
fn says(text: &str, value: f64) -> bool {
    const UNITS: [(&str, f64); 15] = [
        ("", 1.0),
        ("/s", 1.0),
        ("s", 1.0),
        ("%", 0.01),
        ("ns", 1e-9),
        ("µs", 1e-6),
        ("ms", 1e-3),
        ("min", 60.0),
        ("h", 3600.0),
        ("d", 86_400.0),
        ("B", 1.0),
        ("KiB", 1024.0),
        ("MiB", 1_048_576.0),
        ("GiB", 1_073_741_824.0),
        ("TiB", 1_099_511_627_776.0),
    ];
    let text = text.replace(',', "").replace('−', "-");
    let is_digit = |c: char| c.is_ascii_digit() || c == '.' || c == '-' || c == '+';
    let end = text.find(|c| !is_digit(c)).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let Ok(shown) = number.trim_start_matches('+').parse::<f64>() else { return false };
    let unit = rest.trim_start_matches(|c: char| is_digit(c) || c == '±' || c == ' ').trim();
    let decimals = number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let half = 0.5 / (0..decimals).fold(1.0, |power, _| 10.0 * power);
    let fits = |factor: f64| (shown * factor - value).abs() <= factor * half * (1.0 + 1e-9);
    // Minutes are also the unit of the document in one case.
    UNITS.iter().any(|&(name, factor)| name == unit && fits(factor)) || unit == "min" && fits(1.0)
}

#[test]
fn numbers_are_those_of_the_document() {
    assert!(says("4.50 min", 270.0) && says("47.1 ± 0.3 min", 2825.0) && says("86.2 %", 0.8616));
    assert!(!says("4.50 min", 271.0) && !says("86.2 %", 86.2) && !says("none", 0.0));
    let document = json!({ "measures": { "late.share": { "mean": [1, 2] } } });
    assert_eq!(at(&document, "measures.late.share.mean.1"), Some(&json!(2)));
    for page in PAGES {
        let Some(tab) = Tab::open(&page.file()) else { return };
        let shown = tab.eval(
            "[...document.querySelectorAll('data')]
                .map((one) => [one.dataset.from, one.getAttribute('value'), one.textContent])",
        );
        let shown: Vec<[String; 3]> = serde_json::from_value(shown).expect("each says its place");
        assert!(shown.len() >= page.fewest_numbers(), "{}: {}", page.name, shown.len());
        let document = page.document();
        for [from, value, text] in shown {
            let meant = at(&document, &from).and_then(Value::as_f64);
            let value: f64 = value.parse().expect("it is a number");
            assert_eq!(Some(value), meant, "{}: {from}", page.name);
            assert!(says(&text, value), "{}: {from} is {value}, not {text}", page.name);
        }
    }
}

#[test]
fn nothing_is_wider_than_the_window() {
    for page in PAGES {
        let Some(tab) = Tab::open(&page.file()) else { return };
        tab.eval("for (const one of document.querySelectorAll('details')) one.open = true");
        for screen in SCREENS {
            tab.screen(screen);
            let widths = tab.numbers(
                "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
            );
            assert_eq!(widths, [f64::from(screen.width); 2], "{}: {screen:?}", page.name);
            let burst = tab.eval(
                "[...document.querySelectorAll('.cards div')].map((one) =>
                    one.scrollWidth > one.clientWidth ? one.textContent : '').join('')",
            );
            assert_eq!(burst, json!(""), "{}: {screen:?}", page.name);
        }
    }
}

/// A script that lists what can be seen of a selector, by its text.
fn visible(selector: &str) -> String {
    format!(
        "[...document.querySelectorAll({selector:?})].filter((one) => one.checkVisibility())
            .map((one) => one.outerHTML.slice(0, 200))"
    )
}

#[test]
fn paper_has_everything_but_switches() {
    for page in PAGES {
        let Some(tab) = Tab::open(&page.file()) else { return };
        tab.media("print", "dark");
        let switches = tab.eval(&visible(".toolbar, .readout, [data-only-down]"));
        assert_eq!(switches, json!([]), "{}", page.name);
        let paper = "getComputedStyle(document.body).backgroundColor";
        assert_eq!(tab.text(paper), "rgb(255, 255, 255)", "{}", page.name);
        tab.call("Page.printToPDF", &json!({}));
        let closed = tab.eval(&visible("details:not([open])"));
        assert_eq!(closed, json!([]), "{}", page.name);
    }
}

#[test]
fn a_page_is_whole_without_scripts() {
    for page in PAGES {
        let Some(tab) = Tab::new() else { return };
        let count = |selector: &str| {
            let script = format!("document.querySelectorAll({selector:?}).length");
            tab.eval(&script).as_u64().expect("it is a number")
        };
        let kinds = ["table td", "path.curve", "rect", ".times span", ".values span", ".area"];
        tab.go(&page.file());
        let with: Vec<u64> = kinds.iter().map(|kind| count(kind)).collect();
        tab.call("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
        tab.go(&page.file());
        assert_eq!(tab.eval("document.documentElement.className"), json!(""), "no script ran");
        let without: Vec<u64> = kinds.iter().map(|kind| count(kind)).collect();
        assert_eq!(without, with, "{}: {kinds:?}", page.name);
        assert!(without[0] > 4 * page.fewest_numbers() as u64, "{}: {without:?}", page.name);
        let dead = "button:enabled, input:enabled, select:enabled, [role=slider], .scripted";
        assert_eq!(tab.eval(&visible(dead)), json!([]), "{}", page.name);
    }
}

#[test]
fn a_page_can_be_used_by_everybody() {
    let Some(axe) = axe() else { return };
    for page in PAGES {
        let Some(tab) = Tab::open(&page.file()) else { return };
        tab.eval(&axe);
        tab.eval("for (const one of document.querySelectorAll('details')) one.open = true");
        for screen in SCREENS.iter().filter(|screen| screen.width != 768) {
            tab.screen(*screen);
            let violations = tab.eval(
                "axe.run({ resultTypes: ['violations'] }).then((found) => found.violations
                    .map((one) => [one.id, one.help, one.nodes.slice(0, 5)
                        .map((node) => [node.html.slice(0, 200), node.failureSummary])]))",
            );
            assert_eq!(violations, json!([]), "{}: {screen:?}\n{violations:#}", page.name);
        }
    }
}

/// The program that looks for what keeps people from using a page.
fn axe() -> Option<String> {
    let path = std::env::var_os("FLEETFALL_AXE").map(PathBuf::from);
    assert!(path.is_some() || !is_required(), "FLEETFALL_AXE is not set");
    if path.is_none() {
        say("\nleft out: what axe-core says of pages. `npm install --prefix target/browser \
             --no-save axe-core`, and set FLEETFALL_AXE to the path of its axe.min.js.");
    }
    path.map(|path| std::fs::read_to_string(path).expect("FLEETFALL_AXE names a file"))
}

/// Pictures of all pages for people to look at, in `target/screenshots`.
#[test]
fn screenshots_show_something() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    std::fs::create_dir_all(&folder).expect("target can be written");
    for page in PAGES {
        let Some(tab) = Tab::open(&page.file()) else { return };
        for screen in SCREENS.iter().filter(|screen| screen.width != 768) {
            tab.screen(*screen);
            let picture = tab.picture();
            let name = format!("{}-{}-{}.png", page.name, screen.width, screen.scheme);
            std::fs::write(folder.join(&name), &picture).expect("target can be written");
            // An empty picture of this size has some thousand bytes.
            assert!(picture.len() > 40_000, "{name}: {} bytes", picture.len());
        }
    }
}

/// Texts of a scenario run nothing and are shown as they are.
#[test]
fn hostile_texts_stay_texts() {
    let page = Page::named("hostile");
    let Some(tab) = Tab::open(&page.file()) else { return };
    use_everything(&tab);
    assert_eq!(tab.eval("window.ran"), Value::Null);
    // Nor would run what got into a page all the same.
    tab.eval(
        "document.head.append(Object.assign(document.createElement('script'),
            { textContent: 'window.ran = 9' }));
         document.body.insertAdjacentHTML('beforeend', '<b onclick=\"window.ran = 10\"></b>');
         document.body.lastChild.click(); document.body.lastChild.remove();
         document.head.lastChild.remove()",
    );
    assert_eq!(tab.eval("window.ran"), Value::Null);
    let foreign =
        "document.querySelectorAll('img, iframe, a, b, svg[onload], footer script').length";
    assert_eq!(tab.eval(foreign), json!(0));
    assert_eq!(tab.eval("[document.scripts.length, document.styleSheets.length]"), json!([1, 1]));
    let document = page.document();
    let title = document["title"].as_str().expect("it has one");
    assert_eq!(tab.text("document.querySelector('h1').textContent"), title);
    assert_eq!(tab.text("document.title"), format!("{title} – what happened"));
    let all = tab.text("document.body.textContent");
    let places = ["source", "assumptions.0.why", "expect.0.claim", "expect.0.published"];
    for place in places.iter().chain(&["expect.1.claim"]) {
        let text = at(&document, place).and_then(Value::as_str).expect("it has one");
        assert!(all.contains(text), "{place}: {text}");
    }
    assert!(all.contains("<svg onload=\"window.ran = 5\"> <!-- \"fact\" --> </script>"));
}
