//! Pictures that were drawn before, and come from files. They stand on the page as they are, so
//! they may be nothing else than what our pictures are made of.

/// The elements of our pictures.
const ELEMENTS: &[&str] =
    &["svg", "rect", "line", "polyline", "polygon", "circle", "path", "text", "g", "title"];

/// Their attributes. None runs anything, loads anything or leads anywhere.
const ATTRIBUTES: &[&str] = &[
    "cx",
    "cy",
    "d",
    "dy",
    "fill",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "height",
    "opacity",
    "points",
    "r",
    "stroke",
    "stroke-width",
    "text-anchor",
    "transform",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "xmlns",
    "y",
    "y1",
    "y2",
];

/// Whether a picture holds shapes and texts alone.
pub(super) fn is_plain(svg: &str) -> bool {
    let mut open = 0_i32;
    let mut parts = svg.split('<');
    let starts = parts.next().is_some_and(|before| before.trim().is_empty());
    let plain = parts.all(|part| match part.strip_prefix('/') {
        Some(end) => {
            open -= 1;
            let end = end.split_once('>').map(|(name, _)| name.trim_end());
            open >= 0 && end.is_some_and(|name| ELEMENTS.contains(&name))
        }
        None => {
            // Behind its root there is nothing that the page would take for its own.
            let is_root = open == 0;
            let Some(is_closed) = element(part, is_root) else { return false };
            open += i32::from(!is_closed);
            true
        }
    });
    starts && plain && open == 0 && svg.matches("<svg").count() == 1
}

/// Whether an element is closed by itself; `None` if it is none of ours.
fn element(text: &str, is_root: bool) -> Option<bool> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric())?;
    let (name, mut rest) = text.split_at(end);
    if !ELEMENTS.contains(&name) || is_root != (name == "svg") {
        return None;
    }
    loop {
        rest = rest.trim_start();
        if rest.starts_with("/>") {
            return Some(true);
        }
        if rest.starts_with('>') {
            return Some(false);
        }
        let (attribute, value) = rest.split_once("=\"")?;
        rest = value.split_once('"')?.1;
        if !ATTRIBUTES.contains(&attribute) {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn pictures_do_nothing_but_show() {
        let plain = [
            r#"<svg width="9" height="9" xmlns="http://www.w3.org/2000/svg"></svg>"#,
            "\n<svg width=\"9\">\n<rect x=\"1\"/>\n<text>\n3 &lt; 4 onload=1\n</text>\n</svg>\n",
        ];
        for svg in plain {
            assert!(is_plain(svg), "{svg}");
        }
        let other = [
            "",
            "text",
            r#"<svg onload="alert(1)"></svg>"#,
            r#"<svg><script>alert(1)</script></svg>"#,
            r#"<svg><text x="1" onclick="a()">x</text></svg>"#,
            r#"<svg><text x="a>" onclick="a()">x</text></svg>"#,
            r#"<svg><a href="https://example.org"><text>x</text></a></svg>"#,
            r#"<svg><text style="position:fixed">x</text></svg>"#,
            "<svg><foreignObject></foreignObject></svg>",
            "<svg></svg><p>more</p>",
            "<svg></svg><svg></svg>",
            "</svg><svg>",
            "<svg><text x='1'>x</text></svg>",
            "<svg><!-- --></svg>",
            "<svg><text>",
            "<SVG></SVG>",
            "<rect/>",
        ];
        for svg in other {
            assert!(!is_plain(svg), "{svg}");
        }
    }
}
