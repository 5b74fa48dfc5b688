//! What may stand on the command line.

use crate::diagnostic::Format;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

/// Compile a data-access policy to plain PostgreSQL.
///
/// Noren reads noren.toml, the policy (*.noren) and a `pg_dump --schema-only` file, proves that every column that
/// leaves the database is treated, and writes the masked export and the matching import as SQL.
///
/// Exit codes: 0 fine, 1 findings or stale output, 2 could not do the job.
#[derive(Debug, Parser)]
#[command(name = "noren", version, max_term_width = 100, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) verb: Verb,

    /// Run as if started in DIR
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub(super) directory: Option<PathBuf>,

    /// How findings are printed: for people to standard error, for machines to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, global = true)]
    pub(super) format: FormatArgument,

    /// When to use colour; `NO_COLOR` and `CLICOLOR_FORCE` are heeded
    #[arg(long, value_enum, value_name = "WHEN", default_value_t, global = true)]
    pub(super) color: ColorArgument,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Find everything that is wrong or open, and write nothing
    Check,
    /// Write the generated files, if nothing is wrong
    Build(BuildOptions),
    /// Lay out policy files in the one style
    Fmt(FmtOptions),
    /// Say what a code such as N0301 means, with a wrong and a right example; without one, list them all
    Explain {
        /// The code that a finding shows in brackets
        code: Option<String>,
    },
    /// List the masks with the types that they take, or print one mask's page
    Masks {
        /// `email`, `partial` …
        name: Option<String>,
        /// Print the whole catalogue as the table in docs/masks/README.md
        #[arg(long, conflicts_with = "name")]
        markdown: bool,
    },
    /// Show what the masks of a table make of made-up values, on a private PostgreSQL that is started for it
    Preview(PreviewOptions),
    /// Show on a real PostgreSQL that what the policy claims holds: a private server is started for it
    Verify(VerifyOptions),
    /// Run the policy's own tests on a private PostgreSQL
    Test(TestOptions),
    /// Say which rule decides over a column, which lost and why, and what its mask does
    Why {
        /// The column: `users.email`, or `sales.users.email` with its schema
        #[arg(value_name = "TABLE.COLUMN")]
        column: String,
        /// Only for this export
        #[arg(long, value_name = "NAME")]
        export: Option<String>,
    },
    /// Start a project from a schema dump: noren.toml and a policy, with a TODO for each column that is not clear
    Init {
        /// What `pg_dump --schema-only` wrote
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
    },
    /// Print completions for a shell
    Completions {
        /// Which shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the man page, of a verb if one is named
    Man {
        /// `build`, `check` …
        verb: Option<String>,
    },
}

#[derive(Args, Debug)]
pub(super) struct BuildOptions {
    /// Write nothing; exit 1 when the generated files are not what would be written
    #[arg(long)]
    pub(super) check: bool,
    /// Write nothing; print what would change, and exit 1 when something would
    #[arg(long)]
    pub(super) diff: bool,
}

#[derive(Args, Debug)]
pub(super) struct PreviewOptions {
    /// The table: `users`, or `sales.users` with its schema
    #[arg(value_name = "TABLE")]
    pub(super) table: String,
    /// Rows of your own: CSV, the first line the columns' names; values are made up for columns that it lacks
    #[arg(long, value_name = "FILE.csv")]
    pub(super) rows: Option<PathBuf>,
    /// Only as this export gives it
    #[arg(long, value_name = "NAME")]
    pub(super) export: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct VerifyOptions {
    /// The folder of the server's binaries; without it they are looked for on PATH, by `pg_config` and where packages
    /// put them
    #[arg(long, value_name = "DIR")]
    pub(super) pg_bin: Option<PathBuf>,
    /// Make other rows; the report prints the seed, and the same seed makes the same rows
    #[arg(long, value_name = "NUMBER")]
    pub(super) seed: Option<u64>,
    /// Show every check that was skipped, and every line of what singles people out
    #[arg(long)]
    pub(super) verbose: bool,
    /// Weaken what was compiled, one piece at a time, and show that each weakening is noticed
    #[arg(long)]
    pub(super) mutants: bool,
    /// Run these queries with and without the policy instead, and show what it costs
    #[arg(long, value_name = "QUERIES.sql", conflicts_with = "mutants")]
    pub(super) compare: Option<PathBuf>,
    /// How many rows each table is given for `--compare`
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000, requires = "compare")]
    pub(super) rows: u64,
    /// Run on this server instead of a private one, as a superuser: in databases that are made for the run, with roles of
    /// the run's own, all dropped at its end
    #[arg(long, value_name = "URL", conflicts_with_all = ["compare", "pg_bin"])]
    pub(super) database_url: Option<String>,
    /// Count in the database of the URL what the exports would leave of people, instead; nothing is written there
    #[arg(long, requires = "database_url", conflicts_with = "mutants")]
    pub(super) read_only: bool,
}

#[derive(Args, Debug)]
pub(super) struct TestOptions {
    /// The words of one test; without it all of them run
    #[arg(value_name = "NAME")]
    pub(super) title: Option<String>,
    /// The folder of the server's binaries, as for `noren verify`
    #[arg(long, value_name = "DIR")]
    pub(super) pg_bin: Option<PathBuf>,
    /// Make other rows; the same seed makes the same rows
    #[arg(long, value_name = "NUMBER")]
    pub(super) seed: Option<u64>,
}

#[derive(Args, Debug)]
pub(super) struct FmtOptions {
    /// Files to lay out, `-` for standard input; the project's policies when none is named
    #[arg(value_name = "FILES")]
    pub(super) files: Vec<PathBuf>,
    /// Write nothing; exit 1 when a file is not laid out
    #[arg(long)]
    pub(super) check: bool,
    /// Write nothing; print what would change, and exit 1 when something would
    #[arg(long)]
    pub(super) diff: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum FormatArgument {
    /// With the place shown in its file
    #[default]
    Human,
    /// One line a finding: path:line:column: error[CODE]: title
    Concise,
    /// One array of objects
    Json,
    /// GitHub's workflow commands
    Github,
    /// JUnit's XML, of `verify` and `test`; findings go to standard error as for people
    Junit,
}

impl From<FormatArgument> for Format {
    fn from(argument: FormatArgument) -> Self {
        match argument {
            FormatArgument::Human | FormatArgument::Junit => Self::Human,
            FormatArgument::Concise => Self::Concise,
            FormatArgument::Json => Self::Json,
            FormatArgument::Github => Self::Github,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorArgument {
    /// On a terminal
    #[default]
    Auto,
    /// Also into a pipe
    Always,
    /// Not at all
    Never,
}
