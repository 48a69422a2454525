//! Finished replications in an SQLite database.
#![allow(clippy::disallowed_types, reason = "what is kept is written to the disk now and then")]

use super::args::Merge;
use super::exit::Exit;
use super::files::Half;
use super::{interrupt, output};
use fleetfall::experiment::Store;
use fleetfall::experiment::keep::is_sound;
use fleetfall::kernel::chance::Seed;
use fleetfall::report::format::plural;
use fleetfall::report::hash;
use fleetfall::scenario::Study;
use rusqlite::{Connection, Error, ErrorCode, OptionalExtension, params};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What tells a store from other databases: "FLLF".
const APPLICATION: i32 = 0x464c_4c46;
/// Where in a database that stands, and how long its head is.
const APPLICATION_AT: usize = 68;
const HEAD: u64 = 100;
/// The form of the tables; another is refused.
const FORM: i32 = 3;
/// What is kept is written to the disk at least so often; a kill loses no more.
const COMMIT_EVERY: Duration = Duration::from_millis(200);

const TABLES: &str = "
    CREATE TABLE study (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE task (part TEXT, seed INTEGER, done BLOB NOT NULL, PRIMARY KEY (part, seed));
";

/// Whose results are kept: name and value.
type Identity = Vec<(String, String)>;

/// An open store.
#[derive(Debug)]
pub(super) struct Database {
    path: PathBuf,
    state: Mutex<State>,
    /// Raised when it cannot be written any more: what is simulated then would be lost.
    stop: Arc<AtomicBool>,
}

#[derive(Debug)]
struct State {
    connection: Connection,
    /// When what is not yet on the disk was begun.
    open_since: Option<Instant>,
    /// What went wrong first.
    broken: Option<Error>,
}

impl Database {
    /// Opens the store of a study, or makes it.
    ///
    /// # Errors
    /// The exit after it has been said why it is no store, or not of this study.
    pub(super) fn open(
        path: &Path,
        study: &Study,
        stop: &Arc<AtomicBool>,
    ) -> Result<Database, Exit> {
        let wanted = identity(study);
        let opened = match std::fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() => Err("it is no plain file".to_string()),
            Ok(metadata) if metadata.len() > 0 => existing(path).and_then(|(connection, found)| {
                differences(&found, &wanted).map_or(Ok(connection), Err)
            }),
            _ => fresh(path, &wanted).map_err(|error| explain(&error)),
        };
        let connection = opened.map_err(|why| refuse(path, &why))?;
        let state = State { connection, open_since: None, broken: None };
        Ok(Database { path: path.to_path_buf(), state: Mutex::new(state), stop: Arc::clone(stop) })
    }

    /// Puts everything on the disk.
    ///
    /// # Errors
    /// The exit after it has been said what went wrong, now or before.
    pub(super) fn flush(&self) -> Result<(), Exit> {
        let mut state = self.lock();
        state.commit();
        match &state.broken {
            None => Ok(()),
            Some(error) => {
                let path = self.path.display();
                output::complain(&format!("failed to write to `{path}`: {}", explain(error)));
                Err(Exit::Usage)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn commit(&mut self) {
        if self.open_since.take().is_some()
            && let Err(error) = self.connection.execute_batch("COMMIT")
        {
            self.broken.get_or_insert(error);
        }
    }

    fn keep(&mut self, part: &str, seed: Seed, task: &[u8]) -> Result<(), Error> {
        if self.open_since.is_none() {
            self.connection.execute_batch("BEGIN")?;
            self.open_since = Some(Instant::now());
        }
        insert(&self.connection, part, seed.0 as i64, task)?;
        if self.open_since.is_some_and(|since| since.elapsed() >= COMMIT_EVERY) {
            self.commit();
        }
        Ok(())
    }
}

impl Store for Database {
    fn find(&self, part: &str, seed: Seed) -> Option<Vec<u8>> {
        let mut state = self.lock();
        match kept(&state.connection, part, seed.0 as i64) {
            Ok(found) => found,
            Err(error) => {
                state.broken.get_or_insert(error);
                self.stop.store(true, Ordering::Relaxed);
                None
            }
        }
    }

    fn keep(&self, part: &str, seed: Seed, task: &[u8]) {
        let mut state = self.lock();
        if let Err(error) = state.keep(part, seed, task) {
            state.broken.get_or_insert(error);
        }
        if state.broken.is_some() {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.lock().commit();
    }
}

/// Joins stores of one study into a new one, which is whole or absent.
///
/// # Errors
/// The exit after it has been said which of them is no store, or of another study.
pub(super) fn merge(arguments: &Merge) -> Result<Exit, Exit> {
    let out = &arguments.out;
    if out.symlink_metadata().is_ok() {
        return Err(refuse(out, "it exists already, and nothing is overwritten"));
    }
    let stop = interrupt::listen()?;
    // Everything is looked at before anything is written.
    let mut sources = Vec::new();
    for path in &arguments.stores {
        let (connection, study) = existing(path).map_err(|why| refuse(path, &why))?;
        sources.push((path, connection, study));
    }
    let Some((_, _, study)) = sources.first() else { return Err(Exit::Usage) };
    let study = study.clone();
    for (path, _, other) in &sources {
        if let Some(why) = differences(other, &study) {
            return Err(refuse(path, &why));
        }
    }
    let tasks = join(&sources, out, &study, &stop)?;
    let from = plural(arguments.stores.len() as u64, "store");
    let tasks = plural(tasks, "task");
    output::print(&format!("{tasks} from {from} in {}\n", output::shown(out)))
}

/// Copies what the sources keep; how many tasks it is.
fn join(
    sources: &[(&PathBuf, Connection, Identity)],
    out: &Path,
    study: &Identity,
    stop: &AtomicBool,
) -> Result<u64, Exit> {
    let explained = |error: &Error| refuse(out, &explain(error));
    let half = Half::of(out);
    let joined = fresh(half.path(), study).map_err(|error| explained(&error))?;
    let tasks = sources.iter().try_fold(0, |tasks, (path, source, _)| {
        let more = copy(source, &joined, stop).map_err(|why| refuse(path, &why))?;
        more.map(|more| tasks + more).ok_or(Exit::Interrupted)
    })?;
    joined.close().map_err(|(_, error)| explained(&error))?;
    half.finish(out).map_err(|error| refuse(out, &error.to_string()))?;
    Ok(tasks)
}

/// Copies every task; how many of them were new. `None` after Ctrl-C.
fn copy(from: &Connection, to: &Connection, stop: &AtomicBool) -> Result<Option<u64>, String> {
    let copy = || -> Result<Result<Option<u64>, String>, Error> {
        to.execute_batch("BEGIN")?;
        let mut read = from.prepare("SELECT part, seed, done FROM task ORDER BY part, seed")?;
        let mut rows = read.query([])?;
        let mut new = 0;
        while let Some(row) = rows.next()? {
            if stop.load(Ordering::Relaxed) {
                return Ok(Ok(None));
            }
            let (part, seed, done): (String, i64, Vec<u8>) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            // What is damaged is simulated again, by whoever needs it.
            if !is_sound(&part, Seed(seed as u64), &done) {
                continue;
            }
            match kept(to, &part, seed)? {
                None => {
                    insert(to, &part, seed, &done)?;
                    new += 1;
                }
                Some(same) if same == done => {}
                Some(_) => {
                    let why =
                        format!("seed {seed} of `{part}` came out otherwise in another store");
                    return Ok(Err(why));
                }
            }
        }
        to.execute_batch("COMMIT")?;
        Ok(Ok(Some(new)))
    };
    copy().unwrap_or_else(|error| Err(explain(&error)))
}

fn kept(connection: &Connection, part: &str, seed: i64) -> Result<Option<Vec<u8>>, Error> {
    let mut find =
        connection.prepare_cached("SELECT done FROM task WHERE part = ? AND seed = ?")?;
    find.query_row(params![part, seed], |row| row.get(0)).optional()
}

fn insert(connection: &Connection, part: &str, seed: i64, done: &[u8]) -> Result<(), Error> {
    let mut insert = connection.prepare_cached("INSERT OR REPLACE INTO task VALUES (?, ?, ?)")?;
    insert.execute(params![part, seed, done]).map(|_| ())
}

/// Whose results are to be kept.
fn identity(study: &Study) -> Identity {
    let entry = |name: &str, value: String| (name.to_string(), value);
    vec![
        entry("scenario", study.scenario.name.clone()),
        entry("hash", hash(study.resolved().as_bytes())),
        entry("version", env!("CARGO_PKG_VERSION").to_string()),
    ]
}

/// In what a store is of another study than is wanted.
fn differences(found: &Identity, wanted: &Identity) -> Option<String> {
    let value = |study: &Identity, name: &str| {
        let entry = study.iter().find(|(known, _)| known == name);
        entry.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let differ = |name: &str| value(found, name) != value(wanted, name);
    let was = |name: &str| format!("`{}`, not `{}`", value(found, name), value(wanted, name));
    if differ("scenario") {
        Some(format!("it keeps the results of scenario {}", was("scenario")))
    } else if differ("version") {
        Some(format!("it was made by version {}", was("version")))
    } else if differ("hash") {
        let what = "the scenario is not the same any more, or other options (`--with`, `--set`) \
                    were given";
        Some(format!("{what}: its hash was {}", was("hash")))
    } else {
        None
    }
}

/// Opens a store that is there, with what it says of itself.
fn existing(path: &Path) -> Result<(Connection, Identity), String> {
    use rusqlite::OpenFlags;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    check_head(path)?;
    let open = || -> Result<Result<(Connection, Identity), String>, Error> {
        let connection = Connection::open_with_flags(path, flags)?;
        exclusive(&connection)?;
        let form: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if form != FORM {
            return Ok(Err(format!("it has form {form}, and this version reads {FORM}")));
        }
        let check: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
        if check != "ok" {
            return Ok(Err(format!("it is damaged: {check}")));
        }
        let mut read = connection.prepare("SELECT name, value FROM study")?;
        let rows = read.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let study = rows.collect::<Result<Identity, Error>>()?;
        drop(read);
        Ok(Ok((connection, study)))
    };
    open().unwrap_or_else(|error| Err(explain(&error)))
}

/// Looks at the first bytes of a file, as a database that is cut off there passes for an empty one.
fn check_head(path: &Path) -> Result<(), String> {
    let mut head = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(HEAD).read_to_end(&mut head).map_err(|error| error.to_string())?;
    if !head.starts_with(b"SQLite format 3\0") {
        return Err("it is no database".to_string());
    }
    match head.get(APPLICATION_AT..APPLICATION_AT + 4) {
        Some(bytes) if bytes == APPLICATION.to_be_bytes() => Ok(()),
        Some(_) => Err("it is a database of something else".to_string()),
        None => Err("it is damaged: a part of it is missing".to_string()),
    }
}

/// Makes a store.
fn fresh(path: &Path, study: &Identity) -> Result<Connection, Error> {
    let mut connection = Connection::open(path)?;
    exclusive(&connection)?;
    let making = connection.transaction()?;
    making.pragma_update(None, "application_id", APPLICATION)?;
    making.pragma_update(None, "user_version", FORM)?;
    making.execute_batch(TABLES)?;
    for (name, value) in study {
        making.execute("INSERT INTO study VALUES (?, ?)", params![name, value])?;
    }
    making.commit()?;
    Ok(connection)
}

/// Nobody else may use the same store at the same time.
fn exclusive(connection: &Connection) -> Result<(), Error> {
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")
}

fn explain(error: &Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "it is no database".to_string(),
        Some(ErrorCode::DatabaseCorrupt) => "it is damaged: a part of it is missing".to_string(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another process uses it".to_string()
        }
        _ => error.to_string(),
    }
}

fn refuse(path: &Path, why: &str) -> Exit {
    output::complain(&format!("`{}` cannot be used as a store: {why}", path.display()));
    Exit::Usage
}
