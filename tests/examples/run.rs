//! Each example as a program of its own, against a database.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{self, Database};

/// An example: what its programs need, and how it is started.
#[derive(Clone, Copy, Debug)]
pub enum Example {
    Go,
    Psycopg,
    SqlAlchemy,
    Node,
    Rust,
}

fn folder(name: &str) -> PathBuf {
    support::root().join("examples").join(name)
}

/// Where what is installed and built for the examples lies, in a folder that git ignores.
fn home(name: &str) -> PathBuf {
    let home = support::root().join("target/examples").join(name);
    std::fs::create_dir_all(&home).unwrap();
    home
}

impl Example {
    /// The program, built; or why it cannot be, which in CI is a failure.
    pub fn program(self) -> Option<Command> {
        match self.find() {
            Ok(command) => Some(command),
            Err(why) => {
                support::skipped(&why);
                None
            }
        }
    }

    fn find(self) -> Result<Command, String> {
        match self {
            Self::Go => go(),
            Self::Psycopg => python("psycopg"),
            Self::SqlAlchemy => python("sqlalchemy"),
            Self::Node => node(),
            Self::Rust => rust(),
        }
    }
}

fn has(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success())
}

fn go() -> Result<Command, String> {
    const PACKAGES: &str = "/usr/share/gocode";
    let pgx = Path::new(PACKAGES).join("src/github.com/jackc/pgx/v4");
    if !has("go", "version") || !pgx.is_dir() {
        return Err("no Go with pgx: `apt-get install golang-go golang-github-jackc-pgx-v4-dev`".to_owned());
    }
    let program = home("go").join("example");
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&program).arg(".").current_dir(folder("go"));
    // Debian's packages are no modules: they lie where Go looked before there were any.
    build
        .envs([("GO111MODULE", "off"), ("GOPATH", PACKAGES), ("GOFLAGS", "")])
        .env("GOCACHE", home("go").join("cache"));
    support::succeeded(&support::run(&mut build), "go build");
    Ok(Command::new(program))
}

fn python(module: &str) -> Result<Command, String> {
    let libraries = home("python");
    if !has("python3", "--version") || !libraries.join("installed").is_file() {
        return Err("no Python with psycopg and SQLAlchemy: `.ci/examples` installs them".to_owned());
    }
    let mut command = Command::new("python3");
    // Without -B its caches would lie among the sources.
    command.args(["-B", "demo.py", module]).current_dir(folder("python")).env("PYTHONPATH", libraries);
    Ok(command)
}

fn node() -> Result<Command, String> {
    let libraries = home("node");
    if !has("node", "--version") || !libraries.join("installed").is_file() {
        return Err("no Node.js with pg: `.ci/examples` installs it".to_owned());
    }
    // A module finds its libraries beside it or above.
    for file in ["demo.js", "tenant.js"] {
        std::fs::copy(folder("node").join(file), libraries.join(file)).unwrap();
    }
    let mut command = Command::new("node");
    command.arg("demo.js").current_dir(libraries);
    Ok(command)
}

fn rust() -> Result<Command, String> {
    let target = home("rust");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--locked", "--manifest-path"]).arg(folder("rust").join("Cargo.toml"));
    // What this test was built with is not for another crate.
    build.env("CARGO_TARGET_DIR", &target).env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    let output = support::run(&mut build);
    if !output.status.success() && std::env::var_os("CI").is_none() {
        return Err(format!("the example in Rust is not built: {}", support::text(&output)));
    }
    support::succeeded(&output, "cargo build");
    Ok(Command::new(target.join("debug/noren-example")))
}

/// Runs a program on a database as a role of the rollout flag.
pub fn run(mut program: Command, database: &Database, role: &str, contract: &Path) -> Output {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
        program.env_remove(name);
    }
    program
        .env("PGHOST", database.server.socket_folder())
        .env("PGDATABASE", &database.name)
        .env("DATABASE_ROLE", role)
        .env("NOREN_CONTRACT", contract);
    support::run(&mut program)
}
