//! A browser without a window, driven by the DevTools protocol: messages of JSON, each ended by a
//! NUL, over two pipes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::time::Duration;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// `required`: there must be a browser; else the path of one.
const WHICH: &str = "FLEETFALL_BROWSER";
/// The browsers that are looked for, in this order.
const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// Without a display, a sandbox (tests may run as root) and anything that it does of its own accord.
const FLAGS: [&str; 13] = [
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--hide-scrollbars",
];

/// Says something that is seen although the test passes: the harness keeps what `eprintln!` writes.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Whether what these tests need may not be missing.
pub(super) fn is_required() -> bool {
    std::env::var_os(WHICH).is_some_and(|which| which == "required")
}

/// The browser to start; `None` if there is none and none has to be.
fn program() -> Option<PathBuf> {
    let named = std::env::var_os(WHICH).filter(|which| which != "required" && !which.is_empty());
    if let Some(path) = named {
        return Some(PathBuf::from(path));
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    let all = PROGRAMS.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let found = all.into_iter().find(|path| path.is_file());
    assert!(found.is_some() || !is_required(), "no browser on the path: {PROGRAMS:?}");
    if found.is_none() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            say("\nleft out: tests of pages in a browser. Install `chromium`, or set \
                 FLEETFALL_BROWSER to the path of a Chromium; FLEETFALL_BROWSER=required makes \
                 its lack a failure.");
        });
    }
    found
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who waits for the messages of a session; that of the browser itself has no name.
type Waiting = Arc<Mutex<BTreeMap<String, Sender<Value>>>>;

/// A running browser. It ends with the last of its tabs, also where a test panics.
pub(super) struct Browser {
    process: Mutex<Child>,
    to: Mutex<Option<ChildStdin>>,
    answers: Mutex<Receiver<Value>>,
    waiting: Waiting,
    calls: AtomicU64,
    profile: PathBuf,
}

/// The one browser of all tests that run at the moment.
static SHARED: Mutex<Weak<Browser>> = Mutex::new(Weak::new());

impl Browser {
    /// The browser that runs, or a new one; `None` if there is none to start.
    fn shared() -> Option<Arc<Browser>> {
        let mut shared = lock(&SHARED);
        if let Some(running) = shared.upgrade() {
            return Some(running);
        }
        let started = Arc::new(Browser::start(&program()?));
        *shared = Arc::downgrade(&started);
        Some(started)
    }

    fn start(program: &Path) -> Browser {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let name = format!("browser-{}-{number}", std::process::id());
        let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // The protocol is spoken on the descriptors 3 and 4.
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null"])
            .arg(program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is a shell");
        let to = process.stdin.take().expect("it is piped");
        let from = BufReader::new(process.stdout.take().expect("it is piped"));
        let (sender, answers) = channel();
        let waiting = Waiting::default();
        lock(&waiting).insert(String::new(), sender);
        let readers = Arc::clone(&waiting);
        std::thread::spawn(move || {
            for message in from.split(0) {
                let Ok(message) = message else { break };
                let message: Value = serde_json::from_slice(&message).expect("it is JSON");
                let session = message["sessionId"].as_str().unwrap_or_default();
                if let Some(reader) = lock(&readers).get(session) {
                    let _ = reader.send(message);
                }
            }
            // Nobody waits any longer for a browser that is gone.
            lock(&readers).clear();
        });
        Browser {
            process: Mutex::new(process),
            to: Mutex::new(Some(to)),
            answers: Mutex::new(answers),
            waiting,
            calls: AtomicU64::new(1),
            profile,
        }
    }

    /// Sends a message; the number of its answer. What cannot be sent is never answered.
    fn send(&self, session: &str, method: &str, parameters: &Value) -> u64 {
        let id = self.calls.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if !session.is_empty() {
            message["sessionId"] = session.into();
        }
        if let Some(to) = lock(&self.to).as_mut() {
            let _ = to.write_all(format!("{message}\0").as_bytes());
        }
        id
    }

    /// Asks what concerns no page.
    fn call(&self, method: &str, parameters: &Value) -> Value {
        let answers = lock(&self.answers);
        let id = self.send("", method, parameters);
        answer(id, method, &answers, |_| {})
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends by itself where its pipe ends; one that does not is killed.
        lock(&self.to).take();
        let mut process = lock(&self.process);
        for _ in 0..100 {
            if matches!(process.try_wait(), Ok(Some(_)) | Err(_)) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = process.kill();
        let _ = process.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// Waits for an answer; every other message goes to `other`.
fn answer(id: u64, method: &str, from: &Receiver<Value>, mut other: impl FnMut(Value)) -> Value {
    loop {
        let message = from.recv_timeout(PATIENCE);
        let mut message = message.unwrap_or_else(|error| {
            panic!("the browser does not answer to {method}, or did not start: {error}")
        });
        if message["id"] == id {
            assert!(message["error"].is_null(), "{method}: {}", message["error"]);
            return message["result"].take();
        }
        other(message);
    }
}

/// What a page is shown on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Screen {
    pub(super) width: u32,
    pub(super) scheme: &'static str,
}

/// The screens on which every page must do.
pub(super) const SCREENS: [Screen; 6] = [
    Screen { width: 1200, scheme: "light" },
    Screen { width: 1200, scheme: "dark" },
    Screen { width: 768, scheme: "light" },
    Screen { width: 768, scheme: "dark" },
    Screen { width: 375, scheme: "light" },
    Screen { width: 375, scheme: "dark" },
];

/// A page in a window of its own.
pub(super) struct Tab {
    browser: Arc<Browser>,
    target: String,
    session: String,
    messages: Receiver<Value>,
    events: RefCell<Vec<Value>>,
}

impl Tab {
    /// An empty one; `None` where there is no browser.
    pub(super) fn new() -> Option<Tab> {
        let browser = Browser::shared()?;
        let window = json!({ "url": "about:blank", "newWindow": true });
        let target = text(&browser.call("Target.createTarget", &window)["targetId"]);
        let attach = json!({ "targetId": target, "flatten": true });
        let session = text(&browser.call("Target.attachToTarget", &attach)["sessionId"]);
        let (sender, messages) = channel();
        lock(&browser.waiting).insert(session.clone(), sender);
        let tab = Tab { browser, target, session, messages, events: RefCell::default() };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            tab.call(&format!("{domain}.enable"), &json!({}));
        }
        tab.call("Emulation.setFocusEmulationEnabled", &json!({ "enabled": true }));
        tab.screen(SCREENS[0]);
        Some(tab)
    }

    /// One with a file.
    pub(super) fn open(file: &Path) -> Option<Tab> {
        let tab = Tab::new()?;
        tab.go(file);
        Some(tab)
    }

    /// Asks for something; events that come before the answer are kept.
    pub(super) fn call(&self, method: &str, parameters: &Value) -> Value {
        let id = self.browser.send(&self.session, method, parameters);
        answer(id, method, &self.messages, |event| self.events.borrow_mut().push(event))
    }

    /// Opens a file and waits until all of it is there.
    pub(super) fn go(&self, file: &Path) {
        self.events.borrow_mut().clear();
        let gone = self.call("Page.navigate", &json!({ "url": url(file) }));
        assert!(gone["errorText"].is_null(), "{gone}");
        while self.events("Page.loadEventFired").is_empty() {
            let event = self.messages.recv_timeout(PATIENCE).expect("it loads");
            self.events.borrow_mut().push(event);
        }
    }

    /// What happened under this name since the file was opened.
    pub(super) fn events(&self, name: &str) -> Vec<Value> {
        let events = self.events.borrow();
        let named = events.iter().filter(|event| event["method"] == name);
        named.map(|event| event["params"].clone()).collect()
    }

    /// The value of an expression on the page.
    pub(super) fn eval(&self, script: &str) -> Value {
        let ask = json!({ "expression": script, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", &ask);
        assert!(answer["exceptionDetails"].is_null(), "{script}\n{answer}");
        answer["result"]["value"].take()
    }

    /// The text of an expression.
    pub(super) fn text(&self, script: &str) -> String {
        text(&self.eval(script))
    }

    /// A list of numbers.
    pub(super) fn numbers(&self, script: &str) -> Vec<f64> {
        serde_json::from_value(self.eval(script))
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    pub(super) fn screen(&self, screen: Screen) {
        let size = json!({ "width": screen.width, "height": 900, "deviceScaleFactor": 1,
            "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", &size);
        self.media("", screen.scheme);
    }

    /// Shows the page as on this medium, `print` or the screen if it is empty.
    pub(super) fn media(&self, medium: &str, scheme: &str) {
        let scheme = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", &json!({ "media": medium, "features": scheme }));
    }

    /// Left edge, top, width and height of the first element of this kind, scrolled into sight.
    pub(super) fn place(&self, selector: &str) -> [f64; 4] {
        let script = format!(
            "(() => {{ const one = document.querySelector({selector:?});
                one.scrollIntoView({{ block: 'center' }});
                const box = one.getBoundingClientRect();
                return [box.left, box.top, box.width, box.height]; }})()"
        );
        self.numbers(&script).try_into().expect("they are four")
    }

    /// An event of the mouse: `mouseMoved`, `mousePressed` or `mouseReleased`.
    pub(super) fn mouse(&self, kind: &str, x: f64, y: f64, clicks: u32) {
        let button = if clicks == 0 { "none" } else { "left" };
        let buttons = u32::from(clicks > 0 && kind != "mouseReleased");
        let event = json!({ "type": kind, "x": x, "y": y, "button": button, "buttons": buttons,
            "clickCount": clicks, "pointerType": "mouse" });
        self.call("Input.dispatchMouseEvent", &event);
    }

    /// Clicks on the middle of an element, on whatever lies there.
    pub(super) fn click(&self, selector: &str) {
        let [left, top, width, height] = self.place(selector);
        let (x, y) = (left + width / 2.0, top + height / 2.0);
        self.mouse("mouseMoved", x, y, 0);
        self.mouse("mousePressed", x, y, 1);
        self.mouse("mouseReleased", x, y, 1);
    }

    /// Presses a key on what has the focus.
    pub(super) fn key(&self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": key, "code": key });
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    /// The whole page as PNG.
    pub(super) fn picture(&self) -> Vec<u8> {
        let ask = json!({ "format": "png", "captureBeyondViewport": true });
        let picture = self.call("Page.captureScreenshot", &ask);
        STANDARD.decode(text(&picture["data"])).expect("it is base64")
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        lock(&self.browser.waiting).remove(&self.session);
        self.browser.send("", "Target.closeTarget", &json!({ "targetId": self.target }));
    }
}

/// The address of a file.
pub(super) fn url(file: &Path) -> String {
    format!("file://{}", file.display())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_string()
}
