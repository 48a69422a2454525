//! What will happen.

use crate::fleet::balancer::ejection::OnError;
use crate::kernel::slab::Ref;

/// A pending event. Small and `Copy`; what it concerns is looked up by number.
///
/// A [`Ref`] whose tenant is gone makes its event stale: the process was killed, or the attempt was
/// lost with it. The dispatcher recognises that by the reference, never by a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A source issues its next request.
    Arrival(u32),
    /// A user has thought, and makes a request.
    VisitorDue(Ref),
    /// The next stage that computes on this node is done.
    Completion(u32),
    /// An attempt has waited for what it waited for.
    WaitOver(Ref),
    /// A request leaves its node as was known when it came.
    ForeseenOver(Ref),
    /// The client, or the balancer for a check, gives an attempt up.
    PatienceOver(Ref),
    /// An attempt that no process has is tried again, or given up by its balancer.
    RouteDue(Ref),
    /// A request's back-off is over.
    RetryDue(Ref),
    /// Another attempt is due if none of a request's is answered.
    HedgeDue(Ref),
    /// A balancer checks a node.
    CheckDue {
        /// The balancer.
        balancer: u16,
        /// Which check: stale if that one was put forward.
        number: u16,
        /// The node.
        node: u32,
    },
    /// Errors of ordinary attempts on a node have come to what its balancer does something about.
    ErrorsSeen {
        /// The balancer.
        balancer: u16,
        /// What it does.
        on_error: OnError,
        /// The node.
        node: u32,
    },
    /// A balancer ends what it has on a node that it has marked down.
    SessionsShut {
        /// The balancer.
        balancer: u16,
        /// The node.
        node: u32,
    },
    /// A process is ready to serve.
    BootDone(Ref),
    /// A process tries again to get the port that another one has.
    BindDue(Ref),
    /// The supervisor kills a process whose start command has not returned.
    StartTimeout(Ref),
    /// The node's supervisor gives up.
    GivesUp(u32),
    /// The node's process is probed.
    ProbeDue(u32),
    /// A process finds its configuration invalid and exits.
    StartFailed(Ref),
    /// A process that was told to stop is killed.
    StopOver(Ref),
    /// A process has reached the age at which its supervisor ends it.
    RuntimeOver(Ref),
    /// A process has given no sign of life for too long.
    WatchdogDue(Ref),
    /// A worker of a process is ready, fails, or has had the time to finish.
    WorkerDue {
        /// The process.
        process: Ref,
        /// The worker.
        worker: u16,
    },
    /// The master of a process looks after its workers.
    DutyDue {
        /// The process.
        process: Ref,
        /// In which way.
        duty: Duty,
    },
    /// The node's supervisor takes a look.
    SupervisorTick(u32),
    /// The node's supervisor starts the process again.
    StartDue(u32),
    /// A deploy begins.
    DeployDue(u32),
    /// A fault happens.
    FaultDue(u32),
    /// A fault ends on a node.
    FaultOver {
        /// The fault.
        fault: u16,
        /// The node.
        node: u32,
    },
    /// A leak on a node has grown.
    LeakDue(u32),
    /// A machine that had crashed is there again.
    MachineBack(u32),
    /// A rolling deploy goes on with its next nodes, or one of pods looks at them.
    RolloutNext(u32),
    /// A rolling deploy looks whether its node number `step` is drained.
    Drained {
        /// The deploy.
        deploy: u16,
        /// That of its node, from 1.
        step: u32,
    },
    /// A rolling deploy has waited long enough for its node number `step`.
    RolloutTimeout {
        /// The deploy.
        deploy: u16,
        /// That of its node, from 1.
        step: u32,
    },
    /// A node of a rolling deploy may have been healthy for long enough.
    RolloutReady {
        /// The deploy.
        deploy: u16,
        /// The node.
        node: u32,
    },
    /// The canaries of a deploy have been compared with the rest for long enough.
    BakeOver(u32),
    /// A maintenance turns to its next node.
    MaintenanceDue(u32),
    /// A node that was emptied is there again.
    Restored(u32),
    /// The monitoring looks.
    MonitorTick,
    /// Somebody attends to the alert.
    Noticed,
    /// The cause is found.
    Diagnosed,
    /// A node is fixed.
    NodeFixed(u32),
    /// Nodes join.
    NodesAdded(u32),
    /// Gauges are read.
    Sample,
}

/// What a master does every so often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// It kills workers that have held a request for too long.
    Timeout,
    /// It tells the largest worker to leave if all together need too much.
    Killer,
    /// It tells the next worker to leave.
    Rolling,
}

const _: () = assert!(size_of::<Event>() <= 12, "events are moved on every step of the heap");
