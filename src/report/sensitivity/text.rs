//! A sensitivity study for people.

use super::Sensitivity;
use crate::experiment::sensitivity::{Effect, Question, Response};
use crate::observe::Fate;
use crate::report::Screen;
use crate::report::claims::{is_share, plus_minus, share_of};
use crate::report::figures::words;
use crate::report::format::{self, number, percent, plural, with_unit};
use crate::report::human::{head, tail};
use crate::report::sweep::figure;
use crate::scenario::assumption::towards;
use crate::stats::Estimate;

/// The whole report.
pub fn human(report: &Sensitivity, screen: &Screen) -> String {
    let last = report.seed.wrapping_add(report.replications - 1);
    let seeds = format!("seeds {} to {last} for every value", report.seed);
    let mut text = head(report.study, report.with, report.set, &seeds, report.partial, screen);
    text += &screen.heading("Which of the unknowns decide");
    for question in Question::ALL {
        text += &screen.paragraph(&verdict(report, question));
    }
    text += &one_at_a_time(report, screen);
    text += &all_together(report, screen);
    text + &tail(report.study, report.seed, None)
}

fn show(report: &Sensitivity, question: Question, value: f64) -> String {
    match question {
        Question::Outage => percent(value),
        Question::Measure if is_share(&report.name(question)) => percent(value),
        Question::Measure => with_unit(report.unit(question), value),
    }
}

fn one_at_a_time(report: &Sensitivity, screen: &Screen) -> String {
    let tornado = report.tornado;
    let measure = report.name(Question::Measure);
    let each = plural(report.replications, "replication");
    let mut text = screen.heading(&format!("One at a time, {each} of each value"));
    let base = &tornado.base;
    let as_it_is = format!(
        "As the scenario stands: {} {}, an outage in {} of {each}, most often {}.",
        words(&measure),
        figure(&measure, report.unit(Question::Measure), base.figures[0]),
        base.outages,
        base.fate().words(),
    );
    text += &screen.paragraph(&as_it_is);
    if report.scale_load {
        text += "  The load is scaled with the capacity of the fleet (nodes times cores).\n";
    }
    let name = words(&measure);
    let mut rows = vec![
        ["assumption", "low end", "high end"]
            .map(str::to_string)
            .into_iter()
            .chain([format!("{name} there"), format!("range of {name}")])
            .chain(["outages there".to_string(), "high less low (95 %)".to_string()])
            .collect::<Vec<_>>(),
    ];
    for number in tornado.order() {
        rows.push(row(report, number, &tornado.effects[number]));
    }
    text += &screen.table(&rows);
    text += "  * differs from the scenario as it stands by more than chance explains\n";
    let needed = tornado.replications_needed();
    if report.replications < needed {
        let words = format!(
            "{each} are too few to tell outages that come or go in all of them from chance, over \
             so many values: take {needed} or more."
        );
        text += &screen.paragraph(&words);
    }
    text
}

fn row(report: &Sensitivity, number: usize, effect: &Effect) -> Vec<String> {
    let ends = [effect.levels.first(), effect.levels.last()];
    let both = |of: &dyn Fn(&Response) -> String| {
        ends.map(|end| end.map_or(String::new(), of)).join(" / ")
    };
    let value = |end: usize| {
        ends[end].and_then(|level| level.assumed.first()).map_or(String::new(), |a| a.value.clone())
    };
    let measure = Question::Measure;
    let clear = Question::ALL.iter().any(|q| report.tornado.is_clear(number, *q));
    let range = effect.ends(measure).map_or("-".to_string(), |(low, high)| {
        let bends = if effect.bends(measure) { ", not monotone" } else { "" };
        format!("{} to {}{bends}", show(report, measure, low), show(report, measure, high))
    });
    vec![
        format!("{}{}", report.key(number), if clear { " *" } else { "" }),
        shorter(&value(0)),
        shorter(&value(1)),
        both(&|level| show(report, measure, level.mean(measure))),
        range,
        both(&|level| level.cell.outages.to_string()),
        effect.contrast[0].map_or("-".to_string(), |change| difference(report, change)),
    ]
}

/// A value without digits that nobody wrote.
fn shorter(value: &str) -> String {
    match value.parse::<f64>() {
        Ok(found) if value.len() > 6 => number(found),
        _ => value.to_string(),
    }
}

fn difference(report: &Sensitivity, change: Estimate) -> String {
    let question = Question::Measure;
    let half = change.half_width.unwrap_or(f64::NAN);
    let size = change.mean.abs().max(half);
    let (unit, factor) = match is_share(&report.name(question)) {
        true => ("%", 0.01),
        false => format::scale(report.unit(question), size),
    };
    if half.is_nan() {
        return format!("{} {unit}", number(change.mean / factor));
    }
    plus_minus(unit, 1.0 / factor, change.mean, half)
}

fn all_together(report: &Sensitivity, screen: &Screen) -> String {
    let Some(together) = report.together else { return String::new() };
    let points = plural(together.points.len() as u64, "point");
    let mut text = screen.heading(&format!("All together, {points}, one replication each"));
    let count = |fate: Fate| together.points.iter().filter(|p| p.results.fate == fate).count();
    let all = together.points.len() as u64;
    let fates: Vec<String> = Fate::ALL
        .iter()
        .filter(|fate| count(**fate) > 0)
        .map(|fate| format!("{} in {}", fate.words(), share_of(count(*fate) as u64, all)))
        .collect();
    let fates = format!("The fleet is or ends as: {}.", fates.join(", "));
    text += &screen.paragraph(&fates);
    let names = Question::ALL.map(|question| words(&report.name(question)));
    let mut rows = vec![vec!["rank correlation with".to_string(), names[0].clone()]];
    rows[0].push(names[1].clone());
    let mut order: Vec<usize> = (0..report.tornado.effects.len()).collect();
    let size = |number: usize| {
        let of = |question| report.strength(number, question).and_then(|one| one.correlation);
        of(Question::Measure).or(of(Question::Outage)).map_or(0.0, f64::abs)
    };
    order.sort_by(|&a, &b| size(b).total_cmp(&size(a)));
    for number in order {
        let cell = |question| match report.strength(number, question) {
            Some(strength) => match (strength.correlation, strength.interval) {
                (Some(found), Some((low, high))) => {
                    let star = if strength.is_clear() { " *" } else { "" };
                    format!("{found:.2} ({low:.2} to {high:.2}){star}")
                }
                (Some(found), None) => format!("{found:.2}"),
                (None, _) => "-".to_string(),
            },
            None => "-".to_string(),
        };
        let cells = [cell(Question::Measure), cell(Question::Outage)];
        rows.push([&[report.key(number).to_string()][..], &cells[..]].concat());
    }
    text += &screen.table(&rows);
    let chance = report.strength(0, Question::Outage).map_or(f64::NAN, |one| one.chance);
    let words = format!(
        "In parentheses 95 % intervals. * more than chance explains: over {points}, {} for all \
         assumptions together. A rank correlation sees only what rises or falls throughout.",
        number(chance)
    );
    text + &screen.paragraph(&words)
}

/// Which assumptions decide an outcome, by both methods.
pub(super) fn verdict(report: &Sensitivity, question: Question) -> String {
    let name = format!("`{}`", report.name(question));
    let tornado = report.tornado;
    let alone: Vec<usize> =
        tornado.order().into_iter().filter(|&number| tornado.is_clear(number, question)).collect();
    let alone: Vec<String> = alone
        .into_iter()
        .map(|number| {
            let (low, high) = tornado.effects[number].ends(question).unwrap_or((0.0, 0.0));
            let (low, high) = (show(report, question, low), show(report, question, high));
            format!("`{}` ({low} to {high})", report.key(number))
        })
        .collect();
    let mut text = match alone.is_empty() {
        true => format!("{name}: no assumption moves it by itself by more than chance explains."),
        false => format!("{name}: by itself it is moved by {}.", alone.join(", ")),
    };
    if report.together.is_none() {
        return text;
    }
    let mut strong: Vec<(usize, f64)> = (0..tornado.effects.len())
        .filter_map(|number| {
            let strength = report.strength(number, question)?;
            Some((number, strength.correlation?)).filter(|_| strength.is_clear())
        })
        .collect();
    strong.sort_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
    let varies = (0..tornado.effects.len())
        .any(|number| report.strength(number, question).is_some_and(|s| s.correlation.is_some()));
    text += &match (strong.is_empty(), varies) {
        (true, false) => {
            " It is the same wherever in their ranges the assumptions lie.".to_string()
        }
        (true, true) => " When all vary together it goes with none of them clearly.".to_string(),
        (false, _) => {
            let assumptions = &report.study.document.assumption;
            let list: Vec<String> = strong
                .iter()
                .map(|(number, found)| {
                    format!("{} ({:.2})", towards(&assumptions[*number], *found > 0.0), found.abs())
                })
                .collect();
            format!(" When all vary together it is greater with {}.", list.join(", "))
        }
    };
    text
}
