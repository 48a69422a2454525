//! Load that was recorded.

use super::load::source;
use super::{RATE_MAX, Resolver};
use crate::scenario::files::{Reading, Scan, Times};
use crate::scenario::keys::load;
use crate::scenario::model::{Mix, Recorded, Source, SourceKind};
use crate::scenario::text::{At, Name};

impl Resolver<'_> {
    pub(super) fn recorded(&mut self, sources: &mut Vec<Source>) {
        let keys = &self.document.load;
        for (name, recorded) in keys.recorded.iter() {
            let reading = self.reading(name, recorded);
            let file = &recorded.file;
            let scan = match self.files.scan(&file.value, reading) {
                Ok(scan) => scan,
                Err(problems) => {
                    self.file_problems(&file.value, file.place, &problems);
                    continue;
                }
            };
            let classes = self.recorded_classes(name, recorded, &scan);
            let factor = keys.scale * recorded.factor;
            let most = scan.course.stretches().iter().map(|s| s.from.max(s.to)).fold(0.0, f64::max);
            if most * factor > RATE_MAX {
                let message = format!("`{}` exceeds {RATE_MAX} requests per second", file.value);
                self.log.problem(file.place, message);
                continue;
            }
            let mut source = source("recorded", name, classes, scan.course.scaled(factor));
            let mut recording = scan.recording.clone();
            recording.factor = factor;
            recording.classes = self.numbered(&scan);
            let (has_rates, sha256) = (scan.has_rates, scan.sha256.clone());
            source.kind = SourceKind::Recorded(Recorded { recording, has_rates, sha256 });
            sources.push(source);
        }
    }

    fn reading(&mut self, name: &At<Name>, keys: &load::Recorded) -> Reading {
        let what = format!("the start of recording `{}`", name.as_str());
        let starts = keys.starts.as_ref();
        let first = starts.map(|starts| self.instant(starts.value, &what, starts.place));
        let start = self.document.clock.start.0.as_nanosecond();
        Reading {
            start: i64::try_from(start).unwrap_or(i64::MAX),
            end: self.horizon,
            times: match keys.times {
                load::Times::Elapsed => Times::Elapsed,
                load::Times::Unix => Times::Unix,
            },
            first: first.map(|first| i64::try_from(first.as_nanos()).unwrap_or(i64::MAX)),
            lines: keys.between == load::Between::Lines,
        }
    }

    /// The classes of a recording's requests: those that the file tells, as often as it does, or
    /// those of the keys.
    fn recorded_classes(&mut self, name: &At<Name>, keys: &load::Recorded, scan: &Scan) -> Mix {
        if scan.classes.is_empty() {
            return self.mix(keys.class.as_ref(), &keys.classes, name);
        }
        let given = keys.class.as_ref().map(|class| class.place);
        if let Some(place) = given.or(keys.classes.iter().next().map(|(name, _)| name.place)) {
            let message = format!("`{}` tells the class of every request", keys.file.value);
            self.log.problem(place, message).help("remove this key, or the column `class`");
        }
        let known = self.document.class.names();
        let mut ends = Vec::new();
        let (mut reached, total) = (0, scan.classes.values().map(|(count, _)| count).sum::<u64>());
        for (class, (count, line)) in &scan.classes {
            reached += count;
            match known.iter().position(|name| name == class) {
                Some(number) => ends.push((reached as f64 / total as f64, number)),
                None => {
                    let file = &keys.file;
                    self.log
                        .unknown_name(file.place, "class", class, &known)
                        .help(format!("it stands in `{}`, line {line}", file.value));
                }
            }
        }
        if ends.is_empty() { Mix::One(0) } else { Mix::Drawn(ends) }
    }

    /// The classes of a recording, in order of their names, with their numbers.
    fn numbered(&self, scan: &Scan) -> Vec<(String, u32)> {
        let known = self.document.class.names();
        let number = |class: &String| {
            let number = known.iter().position(|name| name == class)?;
            Some((class.clone(), number as u32))
        };
        scan.classes.keys().filter_map(number).collect()
    }
}
