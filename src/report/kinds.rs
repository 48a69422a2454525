//! What can happen, by name.

use crate::sim::observation::{Observation, Passage};

/// Declares the names of observations with what each of them is.
macro_rules! kinds {
    ($($seen:pat => $name:literal, $about:literal;)*) => {
        /// Every kind of event: its name in results, and what it is.
        pub const KINDS: &[(&str, &str)] = &[$(($name, $about)),*];

        /// The name of an observation in results.
        pub(super) fn name(seen: &Observation) -> &'static str {
            match seen { $($seen => $name),* }
        }
    };
}

kinds! {
    Observation::RequestIssued { .. } => "request_issued", "A client issued a request.";
    Observation::AttemptAccepted { .. } => "attempt_accepted",
        "A node took an attempt of a request, into a slot or its backlog.";
    Observation::AttemptFailed { .. } => "attempt_failed",
        "An attempt of a request failed; `outcome` says how.";
    Observation::WorkWasted { .. } => "work_wasted",
        "A node finished an attempt that its client had given up.";
    Observation::RetryDenied => "retry_denied",
        "The budget of a client did not allow another attempt.";
    Observation::HandedOn { .. } => "handed_on",
        "A balancer handed an attempt on, since this node did not take it.";
    Observation::RequestSettled { .. } => "request_settled", "A request ended; `outcome` says how.";
    Observation::NodeSampled { .. } => "node_sampled", "A node's gauges were read.";
    Observation::RestartBegun { .. } => "restart_begun",
        "A running process is to be replaced, or one that ended is started again.";
    Observation::RestartRefused { .. } => "restart_refused",
        "A restart did not happen; the process runs on.";
    Observation::ProcessStarting { .. } => "process_starting", "A start command was given.";
    Observation::StartFailed { .. } => "start_failed",
        "A process ended before it served: its configuration is invalid, its port was taken, \
         or the kernel killed it.";
    Observation::ProcessServing { .. } => "process_serving", "A process serves.";
    Observation::ProcessEnded { .. } => "process_ended", "A process is gone.";
    Observation::OutOfMemory { .. } => "out_of_memory", "The kernel killed a process.";
    Observation::Crashed { .. } => "crashed",
        "A fault killed a node's processes, or took its machine away.";
    Observation::Ejected { .. } => "node_ejected",
        "A balancer took a node out because attempts on it failed.";
    Observation::WorkerEnded { .. } => "worker_ended",
        "A worker of a node's process has ended, to be replaced.";
    Observation::WorkerServing { .. } => "worker_serving", "A worker that replaces another serves.";
    Observation::WorkerFailed { .. } => "worker_failed",
        "A worker could not load what is on the disk.";
    Observation::Struck { on: true, .. } => "fault_begun",
        "A fault that is no crash began on a node.";
    Observation::Struck { on: false, .. } => "fault_ended", "It ended.";
    Observation::Thrashing { on: true, .. } => "thrashing_begun", "A node began to swap.";
    Observation::Thrashing { on: false, .. } => "thrashing_ended", "It ceased to.";
    Observation::SupervisorGaveUp { .. } => "supervisor_gave_up", "The supervisor gave up.";
    Observation::NodeMarked { up: true, .. } => "node_marked_up",
        "A balancer believes a node up from now on.";
    Observation::NodeMarked { up: false, .. } => "node_marked_down",
        "A balancer believes it down from now on.";
    Observation::NodeLost { .. } => "node_lost", "A node no longer serves and will not by itself.";
    Observation::NodeBack { .. } => "node_back", "A lost node serves again.";
    Observation::NodeAdded { .. } => "node_added", "A node was added.";
    Observation::FleetDown => "fleet_down", "No node serves any more.";
    Observation::FleetServing => "fleet_serving", "The first node serves again.";
    Observation::Deployed { .. } => "deployed", "A deploy began.";
    Observation::RolloutDone { .. } => "rollout_done", "A rolling deploy has reached every node.";
    Observation::RolloutStopped { .. } => "rollout_stopped", "A rolling deploy stopped at a node.";
    Observation::Alerted { .. } => "alerted", "The monitoring raised an alert.";
    Observation::Detected => "detected", "Somebody attends to the alert.";
    Observation::Diagnosed => "diagnosed", "The cause is found and confirmed.";
    Observation::NothingToFix => "nothing_to_fix", "There was nothing to fix.";
    Observation::FixStarted { .. } => "fix_started", "The fix begins.";
    Observation::NodeFixed { .. } => "node_fixed", "A node is fixed.";
    Observation::FixFinished => "fix_finished", "Every node is fixed.";
    Observation::ReleaseRefused { .. } => "release_refused",
        "The check on the build machine stopped a deploy before it reached a node.";
    Observation::CanaryJudged { .. } => "canary_judged",
        "The canaries of a deploy were compared with the rest, or could not be.";
    Observation::Reloaded { .. } => "reloaded", "A process was told to read its new configuration.";
    Observation::NodeRemoved { .. } => "node_removed", "A node has left the fleet for good.";
    Observation::RolloutStalled { .. } => "rollout_stalled",
        "A rollout has made no progress for as long as it may take.";
    Observation::Passage(Passage::Sampled) => "traffic_sampled",
        "Traffic from here on is a sample of what may be passed over.";
    Observation::Passage(Passage::Suspended) => "traffic_suspended",
        "Nothing is decided by traffic: its requests are counted from here on, not simulated.";
    Observation::Passage(Passage::Passed { .. }) => "traffic_passed",
        "So many requests were counted.";
    Observation::Passage(Passage::Postponed { .. }) => "request_postponed",
        "An open request stands for one that is open now.";
    Observation::Passage(Passage::Resumed) => "traffic_resumed", "Requests are simulated again.";
    Observation::Evicted { .. } => "evicted", "A node was emptied for maintenance.";
    Observation::Ended { .. } => "ended", "The simulation has reached its horizon.";
}
