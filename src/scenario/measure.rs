//! The names under which results are asked for: measures and milestones.

/// Declares an enum of names with what each of them is.
macro_rules! names {
    (
        $(#[doc = $doc:literal])*
        $vis:vis enum $name:ident { $($variant:ident = $text:literal, $unit:literal, $about:literal;)* }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $( #[doc = $about] $variant, )*
        }

        impl $name {
            /// All of them, in the order of their columns.
            pub const ALL: &[$name] = &[$($name::$variant),*];

            /// The name in scenarios and results.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }

            /// The unit; `1` for a plain number.
            pub fn unit(self) -> &'static str {
                match self { $($name::$variant => $unit),* }
            }

            /// What it is.
            pub fn about(self) -> &'static str {
                match self { $($name::$variant => $about),* }
            }

            /// The one with this name.
            pub fn named(name: &str) -> Option<$name> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

names! {
    /// What is measured of a replication. A measure that a replication does not have (the time of a
    /// restart where there was none) is not a number.
    pub enum Measure {
        Downtime = "downtime_s", "s", "Sum of the outages.";
        Outages = "outages", "1", "Number of outages.";
        PartialService = "partial_service_s", "s", "Time in windows in which too many requests succeeded for an outage, and too few for recovery.";
        DowntimeCascade = "downtime_cascade_s", "s", "Downtime while nodes were being lost.";
        DowntimeDetection = "downtime_detection_s", "s", "Downtime until somebody attended.";
        DowntimeDiagnosis = "downtime_diagnosis_s", "s", "Downtime until the cause was found.";
        DowntimeFix = "downtime_fix_s", "s", "Downtime while nodes were fixed.";
        DowntimeReturn = "downtime_return_s", "s", "Downtime while nodes came back: boot, health checks, warming up.";
        DowntimeAfterEffects = "downtime_after_effects_s", "s", "Downtime with every node in service: retries, backlog, or more load than the fleet bears.";
        Availability = "availability", "1", "Requests served within their patience over requests settled.";
        ErrorBudget = "error_budget_min", "min", "Error-budget minutes used: every window counted with the share of its requests that failed.";
        BudgetUsed = "error_budget_used", "1", "Those minutes over what the availability objective grants for its period; none if that is nothing.";
        Requests = "requests", "1", "Requests issued.";
        RequestsFailed = "requests_failed", "1", "Requests that failed, for whatever reason.";
        TimedOut = "requests_timed_out", "1", "Requests whose last attempt was given up by the client.";
        Refused = "requests_refused", "1", "Requests whose last attempt no node took.";
        Reset = "requests_reset", "1", "Requests whose last attempt was lost with its process.";
        NoNode = "requests_no_node", "1", "Requests whose last attempt found no node up.";
        Shed = "requests_shed", "1", "Requests whose last attempt was shed.";
        NoAnswer = "requests_no_answer", "1", "Requests whose last attempt a node did not answer within the balancer's time-out.";
        Dropped = "requests_dropped", "1", "Requests that were dropped with the share of a lost node.";
        FailedCascade = "failed_cascade", "1", "Failed requests issued while nodes were being lost.";
        FailedDetection = "failed_detection", "1", "Failed requests issued until somebody attended.";
        FailedDiagnosis = "failed_diagnosis", "1", "Failed requests issued until the cause was found.";
        FailedFix = "failed_fix", "1", "Failed requests issued while nodes were fixed.";
        FailedReturn = "failed_return", "1", "Failed requests issued while nodes came back.";
        FailedAfterEffects = "failed_after_effects", "1", "Failed requests issued when every node was back, but not for long.";
        FailedOutside = "failed_outside", "1", "Failed requests issued when no node was missing, nor had been shortly before.";
        Skipped = "time_skipped_s", "s",
            "Time in which requests were counted instead of simulated (`clock.resolution`).";
        OpenAtEnd = "requests_open_at_end", "1", "Requests that were still open at the horizon; they count neither as served nor as failed.";
        Goodput = "goodput_per_s", "1/s", "Requests served within their patience, over time.";
        Throughput = "throughput_per_s", "1/s", "Attempts that nodes finished, wanted or not, over time.";
        Redispatches = "redispatches", "1",
            "Attempts that a node did not take and a balancer handed on to another.";
        RetriesDenied = "retries_denied", "1", "Attempts that the budget of a client did not allow.";
        WorkWasted = "attempts_wasted", "1", "Attempts that a node finished after their client had given them up.";
        Attempts = "attempts_per_request", "1", "Attempts over requests, of settled requests.";
        SojournMean = "sojourn_mean_s", "s", "From first issue to settlement, mean over completed requests.";
        SojournP50 = "sojourn_p50_s", "s", "Median of the same.";
        SojournP99 = "sojourn_p99_s", "s", "99th percentile of the same.";
        WaitMean = "wait_mean_s", "s", "Wait for a slot, mean over completed requests.";
        InSystem = "requests_in_system", "1", "Requests between issue and settlement, mean over time.";
        Utilisation = "utilisation", "1", "Busy core time over core time of serving processes.";
        SlotUtilisation = "slot_utilisation", "1", "Busy slot time over slot time of serving processes.";
        NodeInFlightMean = "node_in_flight_mean", "1",
            "Requests and checks in hand on a node that serves, mean over its gauges.";
        NodeInFlightSd = "node_in_flight_sd", "1",
            "Standard deviation of the same, over all readings of all nodes.";
        NodeMemoryMean = "node_memory_mean_bytes", "B",
            "Memory used on a serving node, mean over its gauges.";
        MemoryMax = "memory_max_bytes", "B", "Most memory used on a node, where gauges were read.";
        Restarts = "restarts", "1", "Times a process that served was stopped to be started again, or had ended and was started again.";
        RestartsFailed = "restarts_failed", "1", "Restarts whose first start failed.";
        RestartsRefused = "restarts_refused", "1", "Restarts that a protection did not allow.";
        FirstRestartFailed = "first_restart_failed", "1", "1 if the first start of the first restart failed, 0 if the process came to serve; not a number without a restart.";
        Starts = "starts", "1", "Start commands given.";
        StartsFailed = "starts_failed", "1", "Start commands whose process exited because its configuration is invalid.";
        OomKills = "oom_kills", "1", "Processes killed for want of memory.";
        WorkersRecycled = "workers_recycled", "1", "Workers that left by themselves, to be replaced; not a number without workers.";
        WorkersKilled = "workers_killed", "1", "Workers that were killed, to be replaced; not a number without workers.";
        NodesLost = "nodes_lost", "1", "Nodes lost, each loss counted.";
        LostToRestart = "nodes_lost_to_restart_share", "1", "Share of the losses, until every node was lost for the first time, that were failed restarts.";
        LostAtOnce = "most_nodes_lost_at_once", "1", "Most nodes that were lost at the same time.";
        LossSpread = "first_to_last_node_lost_s", "s", "From the first node lost to the last before the fleet was down.";
        LossBurst = "most_nodes_lost_in_5s_share", "1", "Most nodes lost within any 5 s, over the nodes there were.";
        FirstRestart = "first_restart_s", "s", "From the start of the simulation to the first restart.";
        FaultToStart = "fault_to_start_s", "s",
            "From the first fault on a node until the next start command on that node.";
        FaultToServing = "fault_to_serving_s", "s",
            "From there until a process of that node serves again.";
        FaultToDown = "fault_to_marked_down_s", "s",
            "From there until a balancer marks that node down.";
        FaultToUp = "fault_to_marked_up_s", "s", "From there until a balancer marks it up again.";
        FaultToGivenUp = "fault_to_given_up_s", "s", "From there until its supervisor gives up.";
        NoNodeServes = "no_node_serves_s", "s", "Time during which no node served.";
        Collapse = "first_restart_to_fleet_down_s", "s", "From the first restart until no node served.";
        Detection = "outage_start_to_detected_s", "s", "From the start of the first outage until somebody attended to it.";
        Diagnosis = "outage_start_to_diagnosed_s", "s", "From the start of the first outage until its cause was found.";
        FixRollout = "fix_rollout_s", "s", "From the start of the fix until every node was fixed.";
        FixToEnd = "fix_finished_to_outage_end_s", "s", "From the last node fixed to the end of the outage.";
        OutageBeforeFix = "outage_ended_before_fix", "1", "1 if the first outage ended before any node was fixed, 0 if it did not; not a number without an outage.";
    }
}

impl Measure {
    /// Whether there is none of it without an outage.
    pub fn needs_outage(self) -> bool {
        use Measure::*;
        matches!(
            self,
            Downtime
                | Outages
                | DowntimeCascade
                | DowntimeDetection
                | DowntimeDiagnosis
                | DowntimeFix
                | DowntimeReturn
                | DowntimeAfterEffects
        )
    }
}

names! {
    /// What is measured of an interval that the scenario names.
    pub enum IntervalMeasure {
        Restarts = "restarts", "1", "Restarts begun.";
        Losses = "nodes_lost", "1", "Nodes lost.";
        Requests = "requests", "1", "Requests issued.";
        FailedShare = "failed_share", "1", "Requests issued in the interval that failed, over those that were settled.";
        Offered = "offered_per_s", "1/s", "Requests issued over time.";
        OfferedHourMax = "offered_hour_max_per_s", "1/s", "The same in the busiest whole hour counted from the interval's start; over all of it if it is shorter.";
    }
}

names! {
    /// What is measured of a class of requests, where there are several.
    pub enum ClassMeasure {
        Requests = "requests", "1", "Requests issued.";
        RequestsFailed = "requests_failed", "1", "Requests that failed, for whatever reason.";
        FailedShare = "failed_share", "1", "Requests that failed, over those that were settled.";
        TimedOut = "requests_timed_out", "1", "Requests whose last attempt was given up by the client.";
        Attempts = "attempts_per_request", "1", "Attempts over requests, of settled requests.";
        SojournMean = "sojourn_mean_s", "s", "From first issue to settlement, mean over completed requests.";
        SojournP50 = "sojourn_p50_s", "s", "Median of the same.";
        SojournP99 = "sojourn_p99_s", "s", "99th percentile of the same.";
        WaitMean = "wait_mean_s", "s", "Wait for a slot, mean over completed requests.";
    }
}

names! {
    /// Moments of a replication.
    pub enum Milestone {
        FirstRestart = "first_restart", "time", "The first restart began.";
        FirstNodeLost = "first_node_lost", "time", "The first node was lost.";
        FleetDown = "fleet_down", "time", "No node served any more, for the first time.";
        OutageStart = "outage_start", "time", "The first outage began.";
        Alerted = "alerted", "time", "The monitoring raised its first alert.";
        Detected = "detected", "time", "Somebody attended to the first alert.";
        Diagnosed = "diagnosed", "time", "The cause was found and confirmed.";
        FixStarted = "fix_started", "time", "The fix of the first node began.";
        FirstNodeFixed = "first_node_fixed", "time", "The first node was fixed.";
        FixFinished = "fix_finished", "time", "Every node was fixed.";
        OutageEnd = "outage_end", "time", "The last outage ended.";
    }
}
