//! Keys that are varied: `KEY=A..B:STEP`, `KEY=A..B/COUNT` or `KEY=A,B,C`.

use super::keys::Document;
use super::scale::Scale;
use super::study::{Problems, Study};
use super::text::set::{outside_quotes, steps, value};
use super::text::{
    Bytes, Diagnostics, Duration, Key, KeyPath, Kind, Node, Place, Rate, Share, SourceId, Sources,
    along, kind_at,
};

/// Values of one key at most; more would not be looked at.
const MOST_LEVELS: usize = 1000;
/// Cells of a grid at most.
const MOST_CELLS: usize = 100_000;
/// What the forms are, for messages.
const FORMS: &str = "write `KEY=A..B:STEP`, `KEY=A..B/COUNT` or `KEY=A,B,C`";

/// A key with the values that it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The path of the key, as it was typed.
    pub key: String,
    /// What the values are measured in; `None` if they are words or tables.
    pub scale: Option<Scale>,
    /// Its values.
    pub span: Span,
}

/// The values of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Span {
    /// These, two or more.
    Levels(Vec<Level>),
    /// Any between these two, for designs that draw their points.
    Between(f64, f64),
}

/// A value of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// As it is written in a scenario.
    pub value: String,
    /// As a number in the unit of its scale, if it has one.
    pub number: Option<f64>,
}

impl Axis {
    /// The values, if they are a fixed set.
    pub fn levels(&self) -> &[Level] {
        match &self.span {
            Span::Levels(levels) => levels,
            Span::Between(..) => &[],
        }
    }

    /// The value that `share` of the span lies below, from 0 to 1. Every one of a fixed set of
    /// values has an equal part.
    pub fn at(&self, share: f64) -> Level {
        match (&self.span, self.scale) {
            (Span::Between(low, high), Some(scale)) => {
                scale_level(scale, tidy(low + (high - low) * share))
            }
            (Span::Between(..), None) => Level { value: String::new(), number: None },
            (Span::Levels(levels), _) => {
                let number = (share * levels.len() as f64) as usize;
                levels[number.min(levels.len() - 1)].clone()
            }
        }
    }

    /// The assignment that gives the key this value.
    pub fn assignment(&self, level: &Level) -> String {
        format!("{}={}", self.key, level.value)
    }

    /// Whether the values are numbers, each greater than the one before.
    pub fn is_ascending(&self) -> bool {
        let rises = |pair: &[Level]| match (pair[0].number, pair[1].number) {
            (Some(one), Some(next)) => one < next,
            _ => false,
        };
        self.levels().windows(2).all(rises)
    }
}

impl Study {
    /// The keys that these texts vary. A `grid` needs a fixed set of values for each of one or two
    /// keys; other designs take any number, and ranges without steps. `sets` are assignments that
    /// must not be varied again.
    ///
    /// # Errors
    /// Every problem of every text.
    pub fn axes(
        &self,
        texts: &[impl AsRef<str>],
        sets: &[impl AsRef<str>],
        grid: bool,
    ) -> Result<Vec<Axis>, Problems> {
        let (mut log, mut sources) = (Diagnostics::new(), self.sources.clone());
        let mut axes = Vec::new();
        let mut paths: Vec<(Vec<String>, &str)> = sets
            .iter()
            .filter_map(|set| Some((path(&set.as_ref()[..set.as_ref().find('=')?])?, "set")))
            .collect();
        for text in texts.iter().map(AsRef::as_ref) {
            let id = sources.add(format!("--vary {text}"), text);
            let mut reader = Reader { text, id, grid, log: &mut log };
            let Some(axis) = reader.axis() else { continue };
            if let Some(path) = path(&axis.key) {
                let before = paths.iter().find(|(other, _)| overlap(other, &path));
                if let Some((_, how)) = before {
                    let message = format!("`{}` is {how} already", axis.key);
                    log.problem(Place::new(id, 0..axis.key.len()), message);
                }
                paths.push((path, "varied"));
            }
            axes.push(axis);
        }
        if grid && texts.len() > 2 {
            log.problem(None, format!("a grid has one or two keys, not {}", texts.len()))
                .help("add `--design lhs=N` to try N points spread over the ranges of all");
        }
        let cells = axes.iter().map(|axis| axis.levels().len());
        let cells = cells.fold(1_usize, usize::saturating_mul);
        if grid && cells > MOST_CELLS {
            log.problem(None, format!("the grid has {cells} cells, and may have {MOST_CELLS}"))
                .help("take wider steps");
        }
        if log.is_empty() { Ok(axes) } else { Err(Problems { log, sources }) }
    }
}

/// The keys of a path; `None` if it is none.
fn path(text: &str) -> Option<Vec<String>> {
    let mut sources = Sources::new();
    let id = sources.add("", text);
    let mut log = Diagnostics::new();
    let steps = steps(text, id, &mut log)?;
    Some(steps.into_iter().map(|step| step.key).collect())
}

/// Whether two texts are the same path.
pub(super) fn same_path(one: &str, other: &str) -> bool {
    path(one).is_some_and(|one| path(other) == Some(one))
}

/// Whether one path leads to the other, so that both cannot be given values.
fn overlap(one: &[String], other: &[String]) -> bool {
    one.iter().zip(other).all(|(a, b)| a == b)
}

/// Reads one text.
struct Reader<'a> {
    text: &'a str,
    id: SourceId,
    grid: bool,
    log: &'a mut Diagnostics,
}

/// A piece of the text: where it begins, and what it is.
type Piece<'a> = (usize, &'a str);

/// What a key holds, and its path.
type Meant<'a> = (&'a Kind, &'a KeyPath<'a>);

impl<'a> Reader<'a> {
    fn problem(&mut self, (at, piece): Piece, message: String, help: &str) {
        let start = at + (piece.len() - piece.trim_start().len());
        let place = Place::new(self.id, start..start + piece.trim().len());
        self.log.problem(place, message).help(help);
    }

    fn axis(&mut self) -> Option<Axis> {
        let Some(equals) = outside_quotes(self.text, '=') else {
            let message = format!("`{}` lacks a `=`", self.text);
            self.problem((0, self.text), message, FORMS);
            return None;
        };
        let (key, right) = (&self.text[..equals], (equals + 1, &self.text[equals + 1..]));
        let steps = steps(key, self.id, self.log)?;
        let kind = kind_at(&Document::describe(), &steps, self.log);
        let mut span = |at: &KeyPath<'_>| {
            let key = kind.as_ref().map(|kind| (kind, at));
            match split(right.1, "..") {
                Some(at) if !is_braced(right.1) => {
                    let high = (right.0 + at + 2, &right.1[at + 2..]);
                    self.range((right.0, &right.1[..at]), high, key?)
                }
                _ => self.list(right, key),
            }
        };
        let (scale, span) = along(&steps, &KeyPath::root(), &mut span)?;
        kind.map(|_| Axis { key: key.trim().to_string(), scale, span })
    }

    /// A value, refused here already if the key holds a quantity and it is none of the kind.
    fn value(&mut self, (at, text): Piece, key: Option<Meant<'_>>) -> Option<Node> {
        let node = value(text, at, self.id, self.log)?;
        let Some((Kind::Leaf(leaf), path)) = key else { return Some(node) };
        let is = |kind: Kind| kind.type_name() == leaf.type_name;
        let fits = match () {
            () if is(Duration::describe()) => Duration::read(&node, path, self.log).is_some(),
            () if is(Bytes::describe()) => Bytes::read(&node, path, self.log).is_some(),
            () if is(Rate::describe()) => Rate::read(&node, path, self.log).is_some(),
            () if is(Share::describe()) => Share::read(&node, path, self.log).is_some(),
            () if is(f64::describe()) => f64::read(&node, path, self.log).is_some(),
            () => true,
        };
        fits.then_some(node)
    }

    /// `A,B,C` or `{A,B,C}`.
    fn list(
        &mut self,
        (mut at, mut text): Piece,
        key: Option<Meant<'_>>,
    ) -> Option<(Option<Scale>, Span)> {
        let whole = (at, text);
        if is_braced(text) {
            at += text.find('{').unwrap_or(0) + 1;
            text = text.trim();
            text = &text[1..text.len() - 1];
        }
        let mut nodes: Vec<(Node, String)> = Vec::new();
        let mut rest = Some(text);
        while let Some(text) = rest {
            let end = split(text, ",");
            let item = &text[..end.unwrap_or(text.len())];
            if item.trim().is_empty() {
                self.problem(whole, "a value is missing".to_string(), FORMS);
                return None;
            }
            let node = self.value((at, item), key)?;
            if nodes.iter().any(|(other, _)| *other == node) {
                let message = format!("`{}` is there twice", item.trim());
                self.problem((at, item), message, "name every value once");
                return None;
            }
            nodes.push((node, item.trim().to_string()));
            if nodes.len() > MOST_LEVELS {
                break;
            }
            at += item.len() + 1;
            rest = end.map(|end| &text[end + 1..]);
        }
        if nodes.len() > MOST_LEVELS {
            let message = format!("these are more than {MOST_LEVELS} values");
            self.problem(whole, message, "name fewer, or give a range with a step");
            return None;
        }
        if nodes.len() < 2 {
            let message = format!("`{}` is only one value", text.trim());
            let help = format!("{FORMS}; a shell leaves braces alone in quotes only");
            self.problem(whole, message, &help);
            return None;
        }
        let scale = Scale::of(&nodes.iter().map(|(node, _)| node).collect::<Vec<_>>());
        let level = |(node, value): (Node, String)| {
            let number = scale.and_then(|scale| scale.read(&node));
            Level { value, number }
        };
        Some((scale, Span::Levels(nodes.into_iter().map(level).collect())))
    }

    /// `A..B`, with a step or a count behind it.
    fn range(&mut self, low: Piece, high: Piece, key: Meant<'_>) -> Option<(Option<Scale>, Span)> {
        let whole = (low.0, &self.text[low.0..]);
        let (high, step, count) = steps_of(high);
        if step.is_some() && count.is_some() {
            let message = "a step and a count exclude one another".to_string();
            self.problem(whole, message, FORMS);
            return None;
        }
        let low_node = self.value(low, Some(key))?;
        let high_node = self.value(high, Some(key))?;
        let Some(mut scale) = Scale::of(&[&low_node, &high_node]) else {
            let (low, high) = (low.1.trim(), high.1.trim());
            let message = format!("between `{low}` and `{high}` there is no range");
            let help = "a range lies between two numbers, or two quantities with units of one \
                        kind; list other values: `KEY=A,B,C`";
            self.problem(whole, message, help);
            return None;
        };
        // A key may hold any number though its bounds are whole.
        let whole_key = key.0.type_name() == u64::describe().type_name();
        if scale == Scale::Whole && !whole_key {
            scale = Scale::Number;
        }
        let (from, to) = (scale.read(&low_node)?, scale.read(&high_node)?);
        if from.is_nan() || to.is_nan() || from >= to || (to - from).is_infinite() {
            let message = format!("`{}` is not below `{}`", low.1.trim(), high.1.trim());
            self.problem(whole, message, "write the smaller bound first");
            return None;
        }
        let numbers = match (step, count) {
            (None, None) if scale == Scale::Whole => self.stepped(whole, from, to, 1.0)?,
            (None, None) if self.grid => {
                let key = self.text.split('=').next().unwrap_or_default().trim();
                let message = format!("the range of `{key}` has no step");
                let help = format!(
                    "add a step, as in `{}:{}`, or how many points, as in `{}/5`",
                    whole.1.trim(),
                    scale.short(tidy((to - from) / 4.0)),
                    whole.1.trim()
                );
                self.problem(whole, message, &help);
                return None;
            }
            (None, None) => return Some((Some(scale), Span::Between(from, to))),
            (Some(step), _) => {
                let size = self.step(step, scale, &low_node)?;
                self.stepped(whole, from, to, size)?
            }
            (None, Some(count)) => self.counted(count, scale, from, to)?,
        };
        let levels = numbers.into_iter().map(|number| scale_level(scale, number)).collect();
        Some((Some(scale), Span::Levels(levels)))
    }

    /// The size of a step.
    fn step(&mut self, step: Piece, scale: Scale, low: &Node) -> Option<f64> {
        let node = value(step.1, step.0, self.id, self.log)?;
        let size = scale.read(&node).filter(|size| *size > 0.0 && size.is_finite());
        if size.is_none() {
            let message = format!("`{}` is no step", step.1.trim());
            let example = scale.read(low).map_or(String::new(), |_| scale.short(1.0));
            let help = format!("a step is more than nothing, and of the kind of `{example}` here");
            self.problem(step, message, &help);
        }
        size
    }

    fn stepped(&mut self, whole: Piece, from: f64, to: f64, step: f64) -> Option<Vec<f64>> {
        // A hair more than whole steps, so that 0.8..1.6:0.1 comes to 1.6.
        let count = ((to - from) / step * (1.0 + 1e-12) + 1e-9).floor() + 1.0;
        if count > MOST_LEVELS as f64 {
            let message = format!("the range has {count} values, and may have {MOST_LEVELS}");
            self.problem(whole, message, "take a wider step");
            return None;
        }
        if count < 2.0 {
            let message = "the step is longer than the range".to_string();
            self.problem(whole, message, "take a shorter step");
            return None;
        }
        Some((0..count as usize).map(|number| tidy(from + number as f64 * step)).collect())
    }

    /// So many values, evenly from one bound to the other; whole ones where only those will do.
    fn counted(&mut self, count: Piece, scale: Scale, from: f64, to: f64) -> Option<Vec<f64>> {
        let points = count.1.parse::<usize>().ok().filter(|n| (2..=MOST_LEVELS).contains(n));
        let Some(points) = points else {
            let message = format!("a range cannot have {} points", count.1);
            self.problem(count, message, &format!("a count lies between 2 and {MOST_LEVELS}"));
            return None;
        };
        let last = (points - 1) as f64;
        let at = |number: usize| {
            let number = tidy(from + (to - from) * number as f64 / last);
            if scale == Scale::Whole { number.round() } else { number }
        };
        let mut numbers: Vec<f64> = (0..points).map(at).collect();
        numbers.dedup_by(|a, b| a <= b);
        Some(numbers)
    }
}

fn scale_level(scale: Scale, number: f64) -> Level {
    let number = scale.round(number);
    Level { value: scale.short(number), number: Some(number) }
}

/// The bound, the step behind its last `:` and the count behind its last `/`.
fn steps_of(text: Piece) -> (Piece, Option<Piece>, Option<Piece>) {
    let (at, mut bound) = text;
    let is_count = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mut count = None;
    if let Some(slash) = bound.rfind('/')
        && is_count(bound[slash + 1..].trim())
    {
        count = Some((at + slash + 1, bound[slash + 1..].trim()));
        bound = &bound[..slash];
    }
    let step = split(bound, ":").map(|colon| (at + colon + 1, &bound[colon + 1..]));
    if let Some((start, _)) = step {
        bound = &bound[..start - 1 - at];
    }
    ((at, bound), step, count)
}

/// The number without what only binary fractions add: at most fifteen digits.
fn tidy(number: f64) -> f64 {
    format!("{number:.14e}").parse().unwrap_or(number)
}

/// Where `mark` first stands outside quotes and brackets.
fn split(text: &str, mark: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_i32, None);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, _) if depth == 0 && text[at..].starts_with(mark) => return Some(at),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}

/// Whether braces enclose the whole of a text.
fn is_braced(text: &str) -> bool {
    let text = text.trim();
    let Some(inside) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) else {
        return false;
    };
    // A brace that closes the first one earlier would bring the depth below zero.
    let mut depth = 0_i32;
    let closes = |letter: char| {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        depth < 0
    };
    !inside.chars().any(closes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: &[&str] = &[];

    fn study() -> Study {
        let text = include_str!("../report/tests/tiny.toml");
        Study::load("tiny.toml", text, NONE, NONE).unwrap()
    }

    /// The values of one key.
    #[track_caller]
    fn values(text: &str) -> String {
        let axes = study().axes(&[text], NONE, true);
        let axis = axes.unwrap_or_else(|problems| panic!("{problems}")).remove(0);
        let numbers: Vec<String> = axis
            .levels()
            .iter()
            .map(|level| level.number.map_or(String::from("-"), |number| number.to_string()))
            .collect();
        let values: Vec<&str> = axis.levels().iter().map(|level| level.value.as_str()).collect();
        format!("{} = {}", values.join(" "), numbers.join(" "))
    }

    #[track_caller]
    fn problems(texts: &[&str]) -> String {
        study().axes(texts, &["process.slots=3"], true).unwrap_err().lines()
    }

    #[test]
    fn ranges_have_steps_or_counts() {
        assert_eq!(values("nodes.count=4..7"), "4 5 6 7 = 4 5 6 7");
        assert_eq!(values("nodes.count=4..10:3"), "4 7 10 = 4 7 10");
        assert_eq!(values("nodes.count=4..9:3"), "4 7 = 4 7");
        assert_eq!(values("nodes.count = 1 .. 10 / 3"), "1 6 10 = 1 6 10");
        assert_eq!(values("nodes.count=1..3/5"), "1 2 3 = 1 2 3");
        assert_eq!(values("load.scale=0.8..1.2:0.1"), "0.8 0.9 1 1.1 1.2 = 0.8 0.9 1 1.1 1.2");
        assert_eq!(values("load.scale=1..2:0.5"), "1 1.5 2 = 1 1.5 2");
        assert_eq!(values("process.boot=500ms..2s:500ms"), "500ms 1s 1s 500ms 2s = 0.5 1 1.5 2");
        assert_eq!(values("load.constant.all.rate=5/s..15/s/3"), "5/s 10/s 15/s = 5 10 15");
        assert_eq!(
            values("load.constant.all.rate=\"5/s\"..\"15/s\":\"5/s\""),
            "5/s 10/s 15/s = 5 10 15"
        );
        assert_eq!(values("nodes.memory=1 GiB..1 TiB/2"), "1 GiB 1 TiB = 1073741824 1099511627776");
        assert_eq!(values("outage.below=10%..30%:10%"), "10% 20% 30% = 0.1 0.2 0.3");
    }

    #[test]
    fn lists_hold_anything() {
        assert_eq!(values("balancer.policy=round_robin,random"), "round_robin random = - -");
        assert_eq!(values("nodes.count={4, 2}"), "4 2 = 4 2");
        assert_eq!(values("process.boot=1s,2min"), "1s 2min = 1 120");
        assert_eq!(
            values("process.boot={{constant=\"1s\"},{uniform={from=\"1s\",to=\"2s\"}}}"),
            "{constant=\"1s\"} {uniform={from=\"1s\",to=\"2s\"}} = - -"
        );
        assert_eq!(
            values("process.boot={constant=\"1s\"},{constant=\"2s\"}"),
            "{constant=\"1s\"} {constant=\"2s\"} = - -"
        );
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let cases = [
            ("nodes.cuont=1..3", "unknown key `cuont` in `nodes`"),
            ("load.scale=0.5..2", "the range of `load.scale` has no step"),
            ("nodes.count=3..1", "`3` is not below `1`"),
            ("nodes.count=1..3:0", "`0` is no step"),
            ("nodes.count=1..3:5", "the step is longer than the range"),
            ("nodes.count=1..9999999", "the range has 9999999 values, and may have 1000"),
            ("nodes.count=1..9/1", "a range cannot have 1 points"),
            ("process.boot=1s..4", "between `1s` and `4` there is no range"),
            ("process.boot=1s..4s:2", "`2` is no step"),
            ("balancer.policy=random", "`random` is only one value"),
            ("nodes.count={3,3}", "`3` is there twice"),
            ("nodes.count=3,,4", "a value is missing"),
            ("nodes.count", "`nodes.count` lacks a `=`"),
            ("load.constant.all.rate=30..90:10", "is `30`, needs a unit, such as `30/s`"),
            ("load.constant.all.rate=30/s,90", "is `90`, needs a unit, such as `90/s`"),
            ("load.scale=high,low", "must be a number"),
            ("process.slots=3..5", "`process.slots` is set already"),
        ];
        for (text, message) in cases {
            let told = problems(&[text]);
            assert!(told.contains(message), "{text}: {told}");
            assert_eq!(told.lines().filter(|line| line.contains(": ")).count(), 1, "{told}");
        }
        let all = problems(&cases.map(|(text, _)| text));
        for (text, message) in cases {
            assert!(all.contains(message), "{text}: {all}");
        }
        assert!(all.contains("a grid has one or two keys, not 17"), "{all}");
        let twice = problems(&["nodes.count=1..2", " nodes . count = 4..5"]);
        assert!(twice.contains("`nodes . count` is varied already"), "{twice}");
    }

    #[test]
    fn points_of_a_design_lie_within_the_span() {
        let texts = ["load.scale=0.5..2", "nodes.count=1..4", "process.boot=1s..3s"];
        let axes = study().axes(&texts, NONE, false).unwrap();
        let at = |share: f64| axes.iter().map(|axis| axis.at(share).value).collect::<Vec<_>>();
        assert_eq!(at(0.0), ["0.5", "1", "1s"]);
        assert_eq!(at(0.5), ["1.25", "3", "2s"]);
        assert_eq!(at(1.0), ["2", "4", "3s"]);
    }

    #[test]
    fn like_problems_of_many_combinations_are_told_once() {
        let assign = |count: u32, scale: u32| {
            vec![format!("nodes.count={count}"), format!("load.scale=0.{scale}")]
        };
        let lists: Vec<_> = (0..3).flat_map(|c| (1..4).map(move |s| assign(c, s))).collect();
        let problems = study().check_each(&lists).unwrap_err().lines();
        assert_eq!(problems.matches("`nodes.count`").count(), 1, "{problems}");
        let first = "3 of 9 combinations are no scenario, the first with `nodes.count=0`, \
                     `load.scale=0.1`";
        assert!(problems.contains(first), "{problems}");
        assert!(study().check_each(&lists[3..]).is_ok());
    }

    #[test]
    fn an_assumed_scale_of_the_load_is_scaled_and_not_lost() {
        let text = include_str!("../report/tests/tiny.toml").replace(
            "[hypercube]",
            "[[assumption]]\nkey = \"load . scale\"\nrange = [0.5, 1.5]\nwhy = \"growth\"\n\
             [hypercube]",
        );
        let text = text.replace("[load.constant.all]", "load.scale = 1\n[load.constant.all]");
        let text = text.replace("\nload.scale = 1", "\n[load]\nscale = 1");
        let study = Study::load("tiny.toml", &text, NONE, NONE).unwrap_or_else(|p| panic!("{p}"));
        // Four nodes instead of two, and half of the load: as much as before.
        let (assumed, _) = study.point(&[1.0, 0.0, 0.0], true).unwrap();
        assert_eq!(assumed.len(), 3);
        assert_eq!((assumed[2].key.as_str(), assumed[2].value.as_str()), ("load . scale", "1.0"));
        let (assumed, _) = study.point(&[1.0, 0.0, 0.0], false).unwrap();
        assert_eq!(assumed[2].value, "0.5");
        // With no load assumed there is a value more.
        let (assumed, _) = study.with_assumption(0, 1.0, true).unwrap();
        assert_eq!((assumed[1].key.as_str(), assumed[1].value.as_str()), ("load.scale", "2.0"));
        let (assumed, variant) = study.with_assumption(2, 0.0, true).unwrap();
        assert_eq!(assumed.len(), 1);
        assert_eq!(variant.scenario.nodes.count, 2);
    }
}
