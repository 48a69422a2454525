//! Who is compared, and how each of them is run.

use crate::answer::{Run, Workload};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A simulator, or what takes the place of one.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// Requests of a run of each workload: some seconds' worth.
    requests: [u64; 2],
    /// How the work is written for it.
    pub(crate) how: &'static str,
    /// What it does not have.
    pub(crate) lacks: &'static str,
}

/// All of them; the first is what the others are compared with.
pub(crate) const PEERS: [Peer; 5] = [
    Peer {
        name: "fleetfall",
        requests: [2_000_000, 1_000_000],
        how: "a scenario file for each workload; keyed random numbers, invariants, the digest, \
              windows and all measures are on, as always",
        lacks: "anything but fleets: it is no framework for other models",
    },
    Peer {
        name: "loop",
        requests: [4_000_000, 2_000_000],
        how: "one loop written by hand for each workload, in `benches/reference`: the yardstick",
        lacks: "everything but this answer",
    },
    Peer {
        name: "simcore",
        requests: [2_000_000, 500_000],
        how: "a component for the clients, the balancer and each node, which emit events; timeouts \
              by its faster way for events that come in order, ignored if the answer was earlier",
        lacks: "balancer, timeouts, retries and statistics, which were written for this comparison",
    },
    Peer {
        name: "nexosim",
        requests: [500_000, 200_000],
        how: "a model for the clients, the balancer and each node, connected by ports; timeouts \
              are keyed events that the answer cancels; one thread",
        lacks: "balancer, timeouts, retries, statistics and random numbers, which were written for \
                this comparison",
    },
    Peer {
        name: "SimPy",
        requests: [100_000, 40_000],
        how: "a process for each request and each attempt, a `Resource` for each node, \
              `attempt | timeout`; Python's own random numbers",
        lacks: "balancer, retries and statistics, which were written for this comparison",
    },
];

/// The version of SimPy that is installed.
const SIMPY: &str = "4.1.2";

impl Peer {
    /// A run in a program of its own.
    pub(crate) fn run(&self, workload: Workload, place: &Place) -> Result<Run, String> {
        let requests = self.requests[workload as usize].to_string();
        let mut command = place.pinned(match self.name {
            "SimPy" => &place.python,
            _ => &place.program,
        });
        match self.name {
            "SimPy" => command.arg(&place.models),
            name => command.args(["--work", name]),
        };
        let output = finished(command.args([workload.name(), &requests]))?;
        let run: Run = output.parse()?;
        run.check(workload)
            .map_err(|problem| format!("{} on {}: {problem}", workload.name(), self.name))?;
        Ok(run)
    }

    /// Its version, as the lock file or its installation says.
    pub(crate) fn version(&self, place: &Place) -> Result<String, String> {
        match self.name {
            "loop" => Ok(String::new()),
            "SimPy" => {
                let python = finished(Command::new(&place.python).arg("--version"))?;
                Ok(format!("{SIMPY} on {}", python.trim().replace("Python", "CPython")))
            }
            name => {
                let lock = include_str!("../Cargo.lock");
                let after = lock.split(&format!("name = \"{name}\"\nversion = \"")).nth(1);
                let version = after.and_then(|rest| rest.split('"').next());
                Ok(version.ok_or("the lock file does not name it")?.to_string())
            }
        }
    }
}

/// Where runs find what they need.
pub(crate) struct Place {
    program: PathBuf,
    python: PathBuf,
    models: PathBuf,
    /// The core that all runs use, where programs can be held to one.
    core: Option<String>,
}

impl Place {
    /// Installs SimPy if it is missing, and chooses a core.
    pub(crate) fn new() -> Result<Place, String> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let environment = package.join("target/simpy");
        let python = environment.join("bin/python");
        let asks = "import simpy; print(simpy.__version__)";
        let installed = || finished(Command::new(&python).args(["-c", asks]));
        if installed().map_or(true, |version| version.trim() != SIMPY) {
            finished(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
            let wanted = format!("simpy=={SIMPY}");
            finished(Command::new(&python).args(["-m", "pip", "install", "--quiet", &wanted]))?;
        }
        // The last core is the one that interrupts disturb least.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let core = (cores - 1).to_string();
        let can_pin = finished(Command::new("taskset").args(["-c", &core, "true"])).is_ok();
        Ok(Place {
            program: std::env::current_exe().map_err(|error| error.to_string())?,
            python,
            models: package.join("simpy/models.py"),
            core: can_pin.then_some(core),
        })
    }

    fn pinned(&self, program: &Path) -> Command {
        let Some(core) = &self.core else { return Command::new(program) };
        let mut command = Command::new("taskset");
        command.args(["-c", core]).arg(program);
        command
    }
}

/// What a command prints, if it ends well.
fn finished(command: &mut Command) -> Result<String, String> {
    let shown = format!("{command:?}");
    let Output { status, stdout, stderr } =
        command.output().map_err(|error| format!("{shown}: {error}"))?;
    if !status.success() {
        return Err(format!("{shown}: {status}\n{}", String::from_utf8_lossy(&stderr)));
    }
    String::from_utf8(stdout).map_err(|error| format!("{shown}: {error}"))
}
