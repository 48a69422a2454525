//! The `fleetfall` command.
use fleetfall::scenario::measure::*;
use fleetfall::*;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let n: u64 = std::env::args().nth(2).map_or(1, |n| n.parse().unwrap());
    let with: Vec<String> = std::env::args().skip(3).filter(|a| !a.contains('=')).collect();
    let sets: Vec<String> = std::env::args().skip(3).filter(|a| a.contains('=')).collect();
    let text = std::fs::read_to_string(&path).unwrap();
    let study = match scenario::Study::load(&path, &text, &with, &sets) {
        Ok(s) => s,
        Err(p) => {
            println!("{p}");
            return;
        }
    };
    let t = std::time::Instant::now();
    let plan = experiment::Plan {
        seed: kernel::chance::Seed(1),
        replications: n,
        threads: 2,
        detailed: true,
    };
    let r = experiment::replicate(&study.scenario, plan, &|_| (), &Default::default());
    let r = match r {
        Ok(experiment::Outcome::Done(r)) => r,
        e => {
            println!("{e:?}");
            return;
        }
    };
    let el = t.elapsed().as_secs_f64();
    if let Some(s) = &r[0].series {
        let mut k = 0;
        for (t, o) in &s.story.events {
            k += 1;
            if k < std::env::var("K").map_or(150, |k| k.parse().unwrap())
                && !matches!(
                    o,
                    sim::Observation::NodeMarked { .. }
                        | sim::Observation::StartFailed { .. }
                        | sim::Observation::ProcessStarting { .. }
                        | sim::Observation::ProcessEnded { .. }
                )
            {
                println!("{} {:?}", study.scenario.civil(*t), o);
            }
        }
    }
    let sum = experiment::Summary::of(&r);
    for m in Measure::ALL {
        let f = sum.measure(*m);
        println!(
            "{:32} {:14.6} ± {:?} [{:.4} {:.4} {:.4}] n={}",
            m.name(),
            f.mean,
            f.half_width,
            f.p05,
            f.p50,
            f.p95,
            f.count
        );
    }
    for m in Milestone::ALL {
        let f = sum.milestone(*m);
        println!(
            "{:20} {:.3} {:?}",
            m.name(),
            f.share,
            f.quantiles.map(|q| q.map(|t| study.scenario.civil(t).to_string()[11..19].to_string()))
        );
    }
    for (i, iv) in sum.intervals.iter().enumerate() {
        for (j, f) in iv.iter().enumerate() {
            println!(
                "{}.{} {:.6}",
                study.scenario.intervals[i].name,
                IntervalMeasure::ALL[j].name(),
                f.mean
            );
        }
    }
    for c in &study.claims {
        let j = experiment::judge(c, &r, None);
        println!("{:?} {} held {}/{} {:?}", j.verdict, c.text, j.held, n, j.interval);
    }
    let req: f64 = r.iter().map(|r| r.measure(Measure::Requests)).sum();
    println!("digest {} {:.3}s {:.1} ns/request(cpu2)", sum.digest, el, el * 1e9 / req);
}
