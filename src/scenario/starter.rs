//! A scenario to begin with: a few answers become a text that explains itself line by line.

mod text;

use super::text::diagnostic::Diagnostics;
use super::text::keys::{Field, one_line};
use super::text::set::set;
use super::text::{
    Bytes, Duration, Key, Kind, Name, Node, Place, Rate, Sources, Written, choice, read, section,
};

section! {
    /// What is asked before a scenario is begun.
    pub struct Starter {
        /// What the scenario is called.
        pub name: Name = "my-fleet";
        /// How many nodes serve.
        pub nodes: u32 = 4, within(1, 256);
        /// How many cores each of them has.
        pub cores: u32 = 2, within(1, 64);
        /// How many requests come.
        pub rate: Rate = "100/s", within("1/s", "5000/s");
        /// How long a core works on a request, on average.
        pub cpu: Duration = "40ms", within("1ms", "10s");
        /// How many requests a process serves at once.
        pub slots: u32 = 16, within(1, 1000);
        /// What starts and restarts the processes.
        pub supervisor: Kept = "bluepill";
        /// The memory beyond which a process is restarted.
        pub memory_limit: Bytes = "640 MiB", within("64 MiB", "32 GiB");
        /// Whether a deploy brings a configuration that is invalid.
        pub invalid_deploy: Answer = "yes";
    }
}

choice! {
    /// What starts and restarts processes, and looks after their memory by itself or lets the
    /// kernel do so.
    pub enum Kept {
        /// It looks at the memory every now and then, and restarts by a rule.
        Bluepill = "bluepill",
        /// It looks at the memory once a cycle, and restarts by a rule.
        Monit = "monit",
        /// The kernel kills a process that needs more, and systemd starts it again.
        Systemd = "systemd",
        /// The kernel kills a process that needs more, and Docker starts it again.
        Docker = "docker",
        /// The kernel kills a process that needs more, and the kubelet starts it again.
        Kubernetes = "kubernetes",
    }
}

choice! {
    /// Yes or no.
    pub enum Answer {
        /// It does: the first process that has to restart cannot start any more.
        Yes = "yes",
        /// There is no deploy.
        No = "no",
    }
}

/// Something that is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The name of the answer.
    pub name: &'static str,
    /// What is asked, without a full stop.
    pub about: String,
    /// What is taken if there is no answer.
    pub default: String,
    /// The least and the greatest answer, if there are such.
    pub range: Option<String>,
    /// The answers that there are and what each means; none if they are not counted.
    pub choices: Vec<(&'static str, String)>,
}

impl Starter {
    /// Everything that is asked, in its order.
    pub fn questions() -> Vec<Question> {
        fields().iter().map(Question::of).collect()
    }

    /// Whether `answer` is one to the question of that name.
    ///
    /// # Errors
    /// What is wrong with it, in a line.
    pub fn check(name: &str, answer: &str) -> Result<(), String> {
        Starter::of(&[(name, answer)]).map(|_| ())
    }

    /// The answers by the names of their questions; what is not among them has its default.
    ///
    /// # Errors
    /// What is wrong with the first that is wrong, in a line.
    pub fn of(answers: &[(&str, &str)]) -> Result<Starter, String> {
        let (mut sources, mut log) = (Sources::new(), Diagnostics::new());
        let mut tree = Node::empty_table(Place::NOWHERE);
        let fields = fields();
        for (name, answer) in answers {
            // What is text may look like a number, as a name does.
            let default =
                fields.iter().find(|field| field.name == *name).and_then(|one| one.default);
            let is_text = default.is_some_and(|default| default.starts_with('"'));
            let value = Written::Str(answer.to_string()).inline();
            let assignment = format!("{name}={}", if is_text { &value } else { *answer });
            set(&assignment, &mut tree, &Starter::describe(), &mut sources, &mut log);
        }
        let starter = read(&tree, &mut log);
        match starter.filter(|_| log.is_empty()) {
            Some(starter) => Ok(starter),
            None => {
                Err(log.render_short(&Sources::new()).lines().next().unwrap_or_default().into())
            }
        }
    }

    /// The scenario, a TOML text.
    pub fn text(&self) -> String {
        text::text(self)
    }
}

impl Question {
    fn of(field: &Field) -> Question {
        let variants = match &field.kind {
            Kind::Choice(choice) => (choice.variants)(),
            Kind::Leaf(_) | Kind::Section(_) | Kind::List { .. } | Kind::Named(_) | Kind::Any => {
                Vec::new()
            }
        };
        Question {
            name: field.name,
            about: one_line(field.doc).trim_end_matches('.').to_string(),
            default: field.default_text().unwrap_or_default().trim_matches('"').to_string(),
            range: field.range(),
            choices: variants.iter().map(|one| (one.tag, one_line(one.doc))).collect(),
        }
    }
}

fn fields() -> Vec<Field> {
    match Starter::describe() {
        Kind::Section(section) => (section.fields)(),
        Kind::Leaf(_) | Kind::Choice(_) | Kind::List { .. } | Kind::Named(_) | Kind::Any => {
            Vec::new()
        }
    }
}
