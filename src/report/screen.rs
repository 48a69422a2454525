//! What a text is shown on, and tables that fit it.

use super::format::{self, Palette};

/// What a text is shown on: how wide it is, and what it can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Columns that it has; [`Screen::NARROWEST`] if it has fewer.
    pub width: usize,
    /// Whether it shows lines and blocks that are no ASCII.
    pub unicode: bool,
    /// What marks the text.
    pub palette: Palette,
}

impl Screen {
    /// Columns where nobody knows better, and the most that sentences use.
    pub const WIDTH: usize = 100;
    /// On what is narrower, lines are as long as here.
    pub const NARROWEST: usize = 60;
    /// A file or a pipe: [`Screen::WIDTH`] columns, ASCII pictures and no marks.
    pub const PLAIN: Screen =
        Screen { width: Screen::WIDTH, unicode: false, palette: Palette::PLAIN };

    /// Columns for tables and pictures, however narrow it is.
    pub fn columns(&self) -> usize {
        self.width.max(Screen::NARROWEST)
    }

    /// Columns for sentences: longer lines are hard to read.
    pub fn text(&self) -> usize {
        self.width.clamp(Screen::NARROWEST, Screen::WIDTH)
    }

    /// A heading, with an empty line before it.
    pub(super) fn heading(&self, title: &str) -> String {
        let title = format::wrap(title, self.text(), "");
        format!("\n{}{title}{}\n", self.palette.bold, self.palette.reset)
    }

    /// Sentences in lines that are indented by two columns.
    pub(super) fn paragraph(&self, words: &str) -> String {
        format!("  {}\n", format::wrap(words, self.text() - 2, "  "))
    }

    /// The same below a table or a heading, with two columns left free.
    pub(super) fn remark(&self, words: &str) -> String {
        format!("  {}\n", format::wrap(words, self.text() - 4, "  "))
    }

    /// Rows of cells, of which the first row is the heading, in lines that are indented by two
    /// columns.
    ///
    /// Columns are as wide as their widest cell if there is room. If not, cells are wrapped, as few
    /// as possible. Where single words of many columns have no room, each row becomes a list, its
    /// first cell above the others.
    pub fn table<R: AsRef<[String]>>(&self, rows: &[R]) -> String {
        let columns = rows.iter().map(|row| row.as_ref().len()).max().unwrap_or(0);
        let room = self.columns() - INDENT;
        for gap in GAPS {
            let room = room.saturating_sub(gap * columns.saturating_sub(1));
            let widths = fit(rows, columns, room);
            if columns <= FEW || widths.iter().sum::<usize>() <= room {
                return rows.iter().map(|row| lines(row.as_ref(), &widths, gap)).collect();
            }
        }
        stacked(rows, self.columns())
    }
}

/// Columns before a table.
const INDENT: usize = 2;
/// Columns between two of its columns: as it should be, and where there is little room.
const GAPS: [usize; 2] = [3, 2];

/// So few columns stay columns even if a single word is wider than the screen.
const FEW: usize = 3;

/// How small what stays together in a cell is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grain {
    /// What is read in one go: a number with its unit, what stands in parentheses.
    Phrase,
    /// Words.
    Word,
    /// Parts of long names.
    Piece,
}

/// How bad it is that a phrase goes on in the next line, that in it a name does, that a row has
/// another line, and that the heading has.
const PHRASE: usize = 2;
const NAME: usize = 1;
const LINE: usize = 3;
const LINE_OF_HEADING: usize = 1;

fn length(text: &str) -> usize {
    text.chars().count()
}

/// How a column looks at some width: for each row, the lines of its cell and how much breaking
/// it into them hurts.
type Look = Vec<(usize, usize)>;

/// Widths of the columns with which they have room together, or else the least there are.
///
/// From as wide as the cells are, the column gives way for which that is least bad, and of several
/// the widest, until there is room.
fn fit<R: AsRef<[String]>>(rows: &[R], columns: usize, room: usize) -> Vec<usize> {
    let cells = |column: usize| rows.iter().map(move |row| row.as_ref().get(column));
    let widest = |column: usize, of: &dyn Fn(&str) -> usize| {
        cells(column).flatten().map(|cell| of(cell)).max().unwrap_or(0)
    };
    let of_pieces = |cell: &str| {
        parts(cell, Grain::Piece).iter().map(|piece| length(piece.trim_end())).max().unwrap_or(0)
    };
    let look = |column: usize, width: usize| -> Look {
        let look = |cell: &String| {
            let (lines, broken) = wrapped(cell, width);
            (lines.len(), broken)
        };
        cells(column).map(|cell| cell.map_or((1, 0), look)).collect()
    };
    let least: Vec<usize> = (0..columns).map(|column| widest(column, &of_pieces)).collect();
    let mut widths: Vec<usize> = (0..columns).map(|column| widest(column, &length)).collect();
    let mut now: Vec<Look> = (0..columns).map(|column| look(column, widths[column])).collect();
    let narrower =
        |column: usize, width: usize| (width > least[column]).then(|| look(column, width - 1));
    let mut next: Vec<Option<Look>> =
        (0..columns).map(|column| narrower(column, widths[column])).collect();
    while widths.iter().sum::<usize>() > room {
        let gives = (0..columns).filter_map(|column| {
            let bad = badness(&now, column, next[column].as_ref()?);
            Some((bad, std::cmp::Reverse(widths[column]), column))
        });
        let Some((_, _, column)) = gives.min() else { break };
        widths[column] -= 1;
        let following = narrower(column, widths[column]);
        if let Some(look) = std::mem::replace(&mut next[column], following) {
            now[column] = look;
        }
    }
    widths
}

/// How bad a table looks if one of its columns has another look.
fn badness(now: &[Look], changed: usize, look: &Look) -> usize {
    let column = |number: usize| if number == changed { look } else { &now[number] };
    let row = |row: usize| {
        let cells = (0..now.len()).map(|number| column(number)[row]);
        let (height, broken) =
            cells.fold((1, 0), |(height, all), (lines, broken)| (height.max(lines), all + broken));
        height * if row == 0 { LINE_OF_HEADING } else { LINE } + broken
    };
    (0..look.len()).map(row).sum()
}

/// A row in as many lines as its highest cell needs.
fn lines(row: &[String], widths: &[usize], gap: usize) -> String {
    let cells: Vec<Vec<String>> =
        row.iter().zip(widths).map(|(cell, &width)| wrapped(cell, width).0).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(1);
    let mut text = String::new();
    for number in 0..height {
        let mut line = " ".repeat(INDENT);
        for (cell, &width) in cells.iter().zip(widths) {
            let part = cell.get(number).map_or("", String::as_str);
            line += &format!("{part:width$}{:gap$}", "");
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// A cell in lines of at most `width` columns, broken where it hurts least, and how much it does.
fn wrapped(cell: &str, width: usize) -> (Vec<String>, usize) {
    if length(cell) <= width {
        return (vec![cell.to_string()], 0);
    }
    let mut lines = vec![String::new()];
    let mut add = |part: &str| {
        let last = lines.last_mut().expect("there is always a line");
        if last.is_empty() || length(last) + length(part.trim_end()) <= width {
            last.push_str(part);
        } else {
            lines.push(part.to_string());
        }
    };
    let fits = |part: &str| length(part.trim_end()) <= width;
    let mut broken = 0;
    for phrase in parts(cell, Grain::Phrase) {
        if fits(&phrase) {
            add(&phrase);
            continue;
        }
        broken += PHRASE;
        for word in parts(&phrase, Grain::Word) {
            if fits(&word) {
                add(&word);
            } else {
                broken += NAME;
                parts(&word, Grain::Piece).iter().for_each(|piece| add(piece));
            }
        }
    }
    (lines.iter().map(|line| line.trim_end().to_string()).collect(), broken)
}

/// The parts of a cell that stay together, each with the space that follows it.
fn parts(cell: &str, grain: Grain) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_i32;
    let mut chars = cell.chars().peekable();
    while let Some(char) = chars.next() {
        let part = parts.last_mut().expect("there is always a part");
        part.push(char);
        depth += i32::from(char == '(') - i32::from(char == ')');
        let next = chars.peek().copied();
        let ends = match (char, next) {
            (_, None | Some(' ')) => false,
            (' ', Some(_)) if grain == Grain::Phrase => {
                let after: String = chars.clone().take_while(|char| *char != ' ').collect();
                depth <= 0 && !is_glued(part.trim_end(), &after)
            }
            (' ', Some(_)) => true,
            ('/', Some(next)) => grain != Grain::Phrase && next.is_alphabetic(),
            ('.' | '_' | '-', Some(next)) => grain == Grain::Piece && next.is_alphabetic(),
            _ => false,
        };
        if ends {
            parts.push(String::new());
        }
    }
    parts
}

/// Whether `after` is read in one go with what stands before it.
fn is_glued(before: &str, after: &str) -> bool {
    let units = ["%", "s", "ms", "µs", "min", "h", "B", "KiB", "MiB", "GiB", "TiB", "±", "*", "/"];
    units.contains(&after) || before.ends_with(['±', '/'])
}

/// Each row as a list of its cells with their headings.
fn stacked<R: AsRef<[String]>>(rows: &[R], width: usize) -> String {
    let Some((head, body)) = rows.split_first() else { return String::new() };
    let head = head.as_ref();
    let names = head.get(1..).unwrap_or_default().iter();
    let name_width = names.map(|name| length(name)).max().unwrap_or(0).min(width / 3);
    let mut text = String::new();
    for row in body {
        let mut cells = row.as_ref().iter().zip(head);
        if let Some((title, name)) = cells.next() {
            let title = if name.is_empty() { title.clone() } else { format!("{name} {title}") };
            text += &format!("  {}\n", format::wrap(&title, width - 2, "  "));
        }
        for (cell, name) in cells.filter(|(cell, _)| !cell.is_empty()) {
            let widths = [name_width, width - name_width - 8];
            let row = lines(&[name.clone(), cell.clone()], &widths, 2);
            text.extend(row.lines().map(|line| format!("    {line}\n")));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn rows(cells: &[&[&str]]) -> Vec<Vec<String>> {
        cells.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect()
    }

    fn example() -> Vec<Vec<String>> {
        rows(&[
            &["", "mean downtime", "difference", "shorter/same/longer", "nodes.count"],
            &["as it stands", "47.1 min", "", "", "12"],
            &["more-nodes + config-check", "12 s", "-47.1 min (-47.2 to -40.5)", "10/2/0", "24"],
        ])
    }

    fn at(width: usize) -> String {
        let text = Screen { width, ..Screen::PLAIN }.table(&example());
        let widest = text.lines().map(length).max().unwrap();
        assert!(widest <= width, "{widest} columns:\n{text}");
        text
    }

    /// Without the two columns before it.
    fn flush(text: &str) -> String {
        let line = |line: &str| line.strip_prefix("  ").expect("it is indented").to_string() + "\n";
        text.lines().map(line).collect()
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_where_there_is_room() {
        let text = at(120);
        let heads =
            "  mean downtime   difference                   shorter/same/longer   nodes.count";
        assert_eq!(text.lines().count(), 3);
        assert!(text.lines().next().unwrap().ends_with(heads), "{text}");
        assert_eq!(at(119), text);
    }

    #[test]
    fn where_there_is_little_room_headings_are_wrapped_and_cells_between_phrases() {
        expect![[r#"
                              mean       difference         shorter/   nodes.count
                              downtime                      same/
                                                            longer
              as it stands    47.1 min                                 12
              more-nodes +    12 s       -47.1 min          10/2/0     24
              config-check               (-47.2 to -40.5)
        "#]]
        .assert_eq(&flush(&at(70)));
    }

    #[test]
    fn what_has_no_room_beside_one_another_stands_below() {
        let mut wide = example();
        for row in &mut wide {
            row.extend_from_within(1..);
        }
        let text = Screen { width: 60, ..Screen::PLAIN }.table(&wide);
        expect![[r#"
              as it stands
                  mean downtime        47.1 min
                  nodes.count          12
                  mean downtime        47.1 min
                  nodes.count          12
              more-nodes + config-check
                  mean downtime        12 s
                  difference           -47.1 min (-47.2 to -40.5)
                  shorter/same/longer  10/2/0
                  nodes.count          24
                  mean downtime        12 s
                  difference           -47.1 min (-47.2 to -40.5)
                  shorter/same/longer  10/2/0
                  nodes.count          24
        "#]]
        .assert_eq(&flush(&text));
        // Few columns stay columns: there is no heading to put before their cells.
        let long = rows(&[&[&"x".repeat(90), "pass"], &["short", "fail"]]);
        let text = Screen { width: 60, ..Screen::PLAIN }.table(&long);
        assert_eq!(text.lines().count(), 2, "{text}");
    }

    #[test]
    fn no_width_loses_or_adds_a_word() {
        let words = |text: &str| {
            let mut all: Vec<char> = text.chars().filter(|char| *char != ' ').collect();
            all.retain(|char| *char != '\n');
            all.sort_unstable();
            all.into_iter().collect::<String>()
        };
        let whole = words(&at(200));
        for width in 60..120 {
            assert_eq!(words(&at(width)), whole, "{}", at(width));
        }
    }

    #[test]
    fn what_is_too_wide_for_the_narrowest_screen_is_not_made_narrower() {
        let tiny = Screen { width: 1, ..Screen::PLAIN };
        let least = Screen { width: Screen::NARROWEST, ..Screen::PLAIN };
        assert_eq!(tiny.table(&example()), least.table(&example()));
        assert_eq!(tiny.text(), Screen::NARROWEST);
    }

    #[test]
    fn an_empty_table_is_no_text() {
        assert_eq!(Screen::PLAIN.table(&rows(&[])), "");
        assert_eq!(Screen::PLAIN.table(&rows(&[&[]])), "\n");
    }
}
