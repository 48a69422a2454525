//! The workers of a process.

use super::Resolver;
use super::quantity::{bytes, numbers};
use crate::fleet::recycler::{
    Accept, Killer, MaxRequests, MemoryLimit, Rolling, Settings, Timeout,
};
use crate::kernel::time::Duration;
use crate::scenario::keys::workers as keys;
use crate::scenario::model::Workers;

impl Resolver<'_> {
    pub(super) fn workers(&mut self, workers: &keys::Workers) -> Workers {
        let slots = self.document.process.slots;
        if !slots.is_multiple_of(workers.count) {
            let least = slots.div_ceil(workers.count) * workers.count;
            self.log
                .problem(
                    None,
                    format!("{} workers cannot share {slots} slots equally", workers.count),
                )
                .help(format!(
                    "`process.slots` must be a multiple of `process.workers.count`, such as {least}"
                ));
        }
        let (least, most) = numbers(&workers.served_at_start);
        if least < 0.0 || most > 1e15 {
            self.log.problem(None, "`process.workers.served_at_start` is no number of requests");
        }
        if workers.timeout.as_ref().is_some_and(|timeout| timeout.after == Duration::ZERO) {
            self.log
                .problem(None, "a worker that may not take any time for a request serves none")
                .help("`process.workers.timeout.after` must be more than nothing");
        }
        let rules = Settings {
            count: workers.count,
            slots: slots / workers.count,
            accept: match workers.accept {
                keys::Accept::LongestIdle => Accept::LongestIdle,
                keys::Accept::LastIdle => Accept::LastIdle,
            },
            max_requests: workers.max_requests.as_ref().map(|limit| MaxRequests {
                count: u64::from(limit.count),
                jitter: u64::from(limit.jitter),
                stagger: u64::from(limit.stagger),
            }),
            memory_limit: workers.memory_limit.as_ref().map(|limit| MemoryLimit {
                above: bytes(&limit.above),
                every: u64::from(limit.check_every),
            }),
            min_life: workers.min_life,
            killer: workers
                .killer
                .as_ref()
                .map(|killer| Killer { every: killer.every, above: killer.above.get() }),
            rolling: workers.rolling.as_ref().map(|rolling| Rolling {
                every: rolling.every,
                extra: rolling.extra,
                pause: rolling.pause,
            }),
            timeout: workers
                .timeout
                .as_ref()
                .map(|timeout| Timeout { after: timeout.after, look: timeout.look }),
            finish: workers.finish,
        };
        Workers {
            rules,
            boot: self.dist(&workers.boot),
            preload: workers.preload,
            ends_process: workers.failed_boot == keys::FailedBoot::EndsProcess,
            memory: bytes(&workers.memory),
            served_at_start: (least, most),
        }
    }
}
