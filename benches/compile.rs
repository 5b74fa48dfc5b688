//! Whole compile against what `pg_query` alone needs to split and parse the same dump, in one run.
//!
//! ```text
//! cargo bench --bench compile            # 100, 1,000 and 10,000 tables
//! cargo bench --bench compile -- 100     # these sizes only
//! ```
//!
//! Every measurement is a process of its own, so that peak memory is its own too; the two take turns, and what is printed is
//! the median of each and of their ratios. The first ratio is of CPU seconds, of all threads and in the kernel too; the second
//! of wall time. Nothing is removed before the end: some file systems are slow to make a file where they have just removed
//! another.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads, writes and starts processes")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot run says so by failing"
)]

use std::fmt::Write;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::process::Command;

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["measure", what, folder] => measure(what, Path::new(folder)),
        [] => compare(&[100, 1_000, 10_000]),
        sizes => compare(&sizes.iter().map(|size| size.parse().expect("a number of tables")).collect::<Vec<_>>()),
    }
}

fn compare(sizes: &[usize]) {
    println!(
        "| tables × 20 columns | dump | split and parse, CPU s | whole compile, CPU s | ratio | split and parse, s | \
         whole compile, s | ratio | peak memory |"
    );
    println!("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let folders: Vec<_> = sizes.iter().map(|_| tempfile::tempdir().unwrap()).collect();
    for (size, folder) in sizes.iter().zip(&folders) {
        let schema = schema(*size);
        std::fs::write(folder.path().join("schema.sql"), &schema).unwrap();
        std::fs::write(folder.path().join("policy.noren"), policy(*size)).unwrap();
        std::fs::write(folder.path().join("noren.toml"), PROJECT).unwrap();
        let rounds: Vec<_> = (0..(5_000 / size).clamp(5, 20)).map(|number| round(folder.path(), number)).collect();
        let middle = |of: &dyn Fn(&[Cost; 2]) -> f64| median(rounds.iter().map(of).collect());
        println!(
            "| {size} | {:.1} MB | {:.3} | {:.3} | {:.2} | {:.3} | {:.3} | {:.2} | {:.0} MiB |",
            bytes(schema.len()),
            middle(&|[parse, _]| parse.cpu),
            middle(&|[_, compile]| compile.cpu),
            middle(&|[parse, compile]| compile.cpu / parse.cpu),
            middle(&|[parse, _]| parse.wall),
            middle(&|[_, compile]| compile.wall),
            middle(&|[parse, compile]| compile.wall / parse.wall),
            rounds.iter().map(|[_, compile]| compile.memory).fold(0.0, f64::max)
        );
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn bytes(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / 1e6
}

/// Seconds, and mebibytes.
#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,
    wall: f64,
    memory: f64,
}

/// Parsing, then compiling; what was written is kept.
fn round(folder: &Path, number: usize) -> [Cost; 2] {
    let costs = ["parse", "compile"].map(|what| child(what, folder));
    std::fs::rename(folder.join("generated"), folder.join(format!("generated-{number}"))).unwrap();
    costs
}

fn child(what: &str, folder: &Path) -> Cost {
    let output = Command::new(std::env::current_exe().unwrap()).args(["measure", what]).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let [cpu, wall, memory] = numbers.as_slice() else { panic!("{text}") };
    Cost { cpu: *cpu, wall: *wall, memory: *memory }
}

fn measure(what: &str, folder: &Path) {
    let begun = std::time::Instant::now();
    if what == "parse" {
        parse(folder);
    } else {
        compile(folder);
    }
    println!("{} {} {}", cpu_seconds(), begun.elapsed().as_secs_f64(), peak_mebibytes());
}

fn parse(folder: &Path) {
    let text = std::fs::read_to_string(folder.join("schema.sql")).unwrap();
    for statement in pg_query::split_with_parser(&text).unwrap() {
        pg_query::parse(statement, pg_query::ParserOptions::default()).unwrap();
    }
}

fn compile(folder: &Path) {
    // As `noren build`, which leaves its memory to the end of the process.
    let loaded = ManuallyDrop::new(noren::project::load(folder));
    let project = loaded.project.as_ref().unwrap();
    let mut compiled = ManuallyDrop::new(noren::compiler::compile(&loaded.sources, project));
    let files = compiled.files.take();
    let titles: Vec<_> = compiled.diagnostics.iter().map(|found| found.title.as_str()).take(5).collect();
    let files = files.unwrap_or_else(|| panic!("{}", titles.join("\n")));
    let files = noren::artifact::with_lock(files, &compiled.schema_digest, &compiled.policy_digest);
    noren::artifact::write(&folder.join(&project.output), &files, "generated").unwrap();
}

/// Time of all processors in this process, also of threads that have ended.
fn cpu_seconds() -> f64 {
    let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID).unwrap();
    std::time::Duration::from(time).as_secs_f64()
}

fn peak_mebibytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

const PROJECT: &str = r#"[project]
name = "bench"
engine = "postgresql"
version = 15
schema = ["schema.sql"]
search = ["public"]
policies = ["*.noren"]
output = "generated"

[export.developers]
target = "psql"
dir = "data"
"#;

/// As `pg_dump` writes it: tables first, then keys, indexes, foreign keys and comments.
fn schema(tables: usize) -> String {
    let mut text = String::from("CREATE TYPE public.state AS ENUM ('open', 'closed');\n\n");
    for table in 0..tables {
        let _ = writeln!(
            text,
            "CREATE TABLE public.t{table} (\n    id bigint NOT NULL,\n    tenant_id uuid NOT NULL,\n    parent_id bigint,\n    \
             email character varying(120),\n    name text NOT NULL,\n    phone text,\n    note text,\n    token text,\n    \
             birth_date date,\n    amount numeric(12,2) DEFAULT 0 NOT NULL,\n    quantity integer,\n    active boolean DEFAULT true NOT NULL,\n    \
             state public.state,\n    settings jsonb DEFAULT '{{}}'::jsonb NOT NULL,\n    tags text[],\n    address text,\n    \
             city character varying(80),\n    ratio double precision,\n    created_at timestamp with time zone DEFAULT now() NOT NULL,\n    \
             updated_at timestamp with time zone\n);\n\nALTER TABLE public.t{table} OWNER TO app;\n"
        );
    }
    for table in 0..tables {
        let _ = writeln!(
            text,
            "ALTER TABLE ONLY public.t{table}\n    ADD CONSTRAINT t{table}_pkey PRIMARY KEY (id);\n\n\
             CREATE INDEX t{table}_tenant_id_idx ON public.t{table} USING btree (tenant_id);\n\n\
             COMMENT ON TABLE public.t{table} IS 'table {table}';\n"
        );
        if table > 0 {
            let parent = table / 2;
            let _ = writeln!(
                text,
                "ALTER TABLE ONLY public.t{table}\n    ADD CONSTRAINT t{table}_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES public.t{parent}(id);\n"
            );
        }
    }
    text
}

/// Classes, globs, types, overrides, and one exact rule in twenty columns.
fn policy(tables: usize) -> String {
    let mut text = String::from(
        "class email mask email(domain => 'example.invalid');\nclass person_name mask constant('****');\n\
         class phone mask partial(last => 4);\nclass free_text mask null;\nclass secret drop;\n\n\
         setting noren.mask_key text secret;\n\n\
         table * {\n  id, *_id, *_at keep;\n  * : (boolean, enum, numeric, int4, float8) keep;\n  email email;\n  phone phone;\n  \
         note, address free_text;\n  token secret;\n  birth_date mask truncate('year');\n  settings drop;\n  tags, city mask null;\n}\n\n",
    );
    for table in 0..tables {
        let _ = writeln!(text, "table t{table} {{ name person_name; }}");
    }
    text.push_str("\nexport developers {\n  tables *;\n  class phone => mask null;\n}\n");
    text
}
