//! What row security costs: each query as the role that the compiled policy binds, against the same query as a role
//! that bypasses it and has `WHERE tenant_id = $1` written by hand.
//!
//! ```text
//! cargo bench --bench access                     # 1,000,000 rows a table, 1,000 tenants
//! cargo bench --bench access -- 100000           # so many rows
//! cargo bench --bench access -- 100000 plans     # and the plan of each statement
//! ```
//!
//! The policy of `benches/access/` is compiled and applied from its files, by the owner of the tables. `pgbench -M
//! prepared` runs one client a second long. Every measurement stands beside one of the baseline made right before it,
//! and the figures are medians of the ratios of such pairs: what a busy machine does to one it does to the other.
//! Two things are compared: the median latency of a transaction, which has the way over the socket in it, and the CPU
//! time of the backend, which has its start in it.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads, writes and starts processes")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that fails has nobody to tell")]

use noren::server::{Options, Server};
use std::fmt::Write as _;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

const PAIRS: usize = 5;
const TENANTS: u64 = 1000;
const DATABASE: &str = "bench";
const BOUND: &str = "app";
const BYPASSING: &str = "hand";

/// A query with and without the tenant in it. `:tenant` is a parameter, `:id` one of the tenant's orders.
struct Case {
    what: &'static str,
    /// The ratio that is aimed at.
    aim: f64,
    by_hand: &'static str,
    bare: &'static str,
}

const CASES: &[Case] = &[
    Case {
        what: "point lookup",
        aim: 1.1,
        by_hand: "SELECT amount FROM orders WHERE id = :id AND tenant_id = :tenant",
        bare: "SELECT amount FROM orders WHERE id = :id",
    },
    Case {
        what: "indexed aggregate",
        aim: 1.1,
        by_hand: "SELECT count(*), sum(amount) FROM orders WHERE tenant_id = :tenant",
        bare: "SELECT count(*), sum(amount) FROM orders",
    },
    Case {
        what: "unindexed count",
        aim: 1.3,
        by_hand: "SELECT count(*) FROM visits WHERE tenant_id = :tenant",
        bare: "SELECT count(*) FROM visits",
    },
    Case {
        what: "join",
        aim: 1.1,
        by_hand: "SELECT o.status, sum(i.price) FROM orders o JOIN items i ON i.order_id = o.id \
                  WHERE o.tenant_id = :tenant AND i.tenant_id = :tenant GROUP BY o.status",
        bare: "SELECT o.status, sum(i.price) FROM orders o JOIN items i ON i.order_id = o.id GROUP BY o.status",
    },
    Case {
        what: "child with its column, all",
        aim: 1.1,
        by_hand: "SELECT count(*), sum(price) FROM items WHERE tenant_id = :tenant",
        bare: "SELECT count(*), sum(price) FROM items",
    },
    Case {
        what: "child with its column, of one parent",
        aim: 1.1,
        by_hand: "SELECT count(*), sum(price) FROM items WHERE order_id = :id AND tenant_id = :tenant",
        bare: "SELECT count(*), sum(price) FROM items WHERE order_id = :id",
    },
    Case {
        what: "child by lookup, of one parent",
        aim: 1.1,
        by_hand: "SELECT count(*), min(n.body) FROM notes n JOIN orders o ON o.id = n.order_id \
                  WHERE n.order_id = :id AND o.tenant_id = :tenant",
        bare: "SELECT count(*), min(n.body) FROM notes n WHERE n.order_id = :id",
    },
    Case {
        what: "child by lookup, all",
        aim: 1.1,
        by_hand: "SELECT count(*), min(n.body) FROM notes n JOIN orders o ON o.id = n.order_id \
                  WHERE o.tenant_id = :tenant",
        bare: "SELECT count(*), min(n.body) FROM notes n",
    },
];

/// What one run of pgbench showed of a transaction.
#[derive(Clone, Copy)]
struct Cost {
    milliseconds: f64,
    cpu: f64,
}

/// The baseline, and the ratios of those bound by the policy to it: without a WHERE of their own, and with it.
struct Row {
    baseline: f64,
    bare: Cost,
    kept: Cost,
}

struct Bench {
    server: Server,
    folder: tempfile::TempDir,
    rows: u64,
    /// The process that every backend is a child of.
    postmaster: String,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let rows = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    assert!(rows >= TENANTS, "expected at least a row for each of {TENANTS} tenants, found {rows}");
    let bench = Bench::start(rows);
    for case in CASES {
        bench.same_rows(case);
    }
    if arguments.iter().any(|argument| argument == "plans") {
        for case in CASES {
            bench.plans(case);
        }
    }
    bench.report(&bench.measure());
}

impl Bench {
    /// A server with the tables of a plain owner, full, and the policy applied as a team applies it.
    fn start(rows: u64) -> Self {
        // One process a statement and no compiler in it: neither is what differs between the two roles.
        let settings = [
            ("shared_buffers", "1GB"),
            ("max_wal_size", "8GB"),
            ("max_parallel_workers_per_gather", "0"),
            ("jit", "off"),
            ("autovacuum", "off"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let server = Server::start(&Options { bin: None, settings }).unwrap();
        let folder = tempfile::tempdir().unwrap();
        compile(folder.path(), server.major());
        let data = server.execute("postgres", "SHOW data_directory").unwrap();
        let file = std::fs::read_to_string(Path::new(data.trim()).join("postmaster.pid")).unwrap();
        let postmaster = file.lines().next().unwrap().to_owned();
        let bench = Self { server, folder, rows, postmaster };
        bench.apply();
        bench
    }

    fn apply(&self) {
        let server = &self.server;
        server.execute("postgres", "CREATE ROLE keeper LOGIN").unwrap();
        server.create_database(DATABASE, Some("keeper")).unwrap();
        server.execute_as(DATABASE, "keeper", include_str!("access/schema.sql")).unwrap();
        let numbers = [("rows", self.rows), ("tenants", TENANTS)].map(|(name, value)| (name, value.to_string()));
        let variables = numbers.each_ref().map(|(name, value)| (*name, value.as_str()));
        server.execute_with(DATABASE, "keeper", &variables, include_str!("access/rows.sql")).unwrap();
        self.run_file("postgres", "00_roles.sql");
        self.run_file("keeper", "apply.sql");
        server.execute(DATABASE, "VACUUM (FREEZE, ANALYZE)").unwrap();
    }

    fn run_file(&self, user: &str, name: &str) {
        let file = self.folder.path().join("generated/access").join(name);
        let output = self.server.psql(DATABASE, user).unwrap().arg("-qf").arg(file).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let errors: Vec<&str> = said.lines().filter(|line| !line.contains("NOTICE")).collect();
        assert!(output.status.success(), "{name}: {}", errors.join("\n"));
    }

    /// The tenant's id, as the rows have it.
    fn key(&self, tenant: u64) -> String {
        self.server.execute(DATABASE, &format!("SELECT md5('{tenant}')::uuid")).unwrap().trim().to_owned()
    }

    /// Orders of a tenant: `tenant`, `tenant + TENANTS` and so on, so many.
    fn orders(&self) -> u64 {
        self.rows / TENANTS
    }

    /// A ratio says something only where both sides read the same rows.
    fn same_rows(&self, case: &Case) {
        let tenant = tenant(1);
        let key = self.key(tenant);
        let given = |sql: &str| sql.replace(":tenant", &format!("'{key}'")).replace(":id", &tenant.to_string());
        let by_hand = self.server.execute_as(DATABASE, BYPASSING, &given(case.by_hand)).unwrap();
        let bound = |sql: &str| {
            let sql = format!("SET app.tenant_id = '{key}';\n{}", given(sql));
            self.server.execute_as(DATABASE, BOUND, &sql).unwrap()
        };
        assert!(!by_hand.trim().is_empty() && !by_hand.starts_with("0|"), "{}: no rows", case.what);
        let sorted = |text: String| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let by_hand = sorted(by_hand);
        assert_eq!(sorted(bound(case.bare)), by_hand, "{}: without WHERE", case.what);
        assert_eq!(sorted(bound(case.by_hand)), by_hand, "{}: with WHERE", case.what);
    }

    /// The plan for any parameters, which a prepared statement has after a few runs.
    fn plans(&self, case: &Case) {
        let tenant = tenant(1);
        let key = self.key(tenant);
        for (role, sql) in [(BYPASSING, case.by_hand), (BOUND, case.bare), (BOUND, case.by_hand)] {
            let numbered = sql.replace(":tenant", "$1").replace(":id", "$2");
            let script = format!(
                "SET app.tenant_id = '{key}';\nPREPARE q (uuid, bigint) AS {numbered};\n\
                 SET plan_cache_mode = force_generic_plan;\n\
                 EXPLAIN (ANALYZE, TIMING OFF, BUFFERS) EXECUTE q('{key}', {tenant});"
            );
            let plan = self.server.execute_as(DATABASE, role, &script).unwrap();
            println!("-- {}, as {role}: {sql}\n{plan}", case.what);
        }
    }

    fn measure(&self) -> Vec<Row> {
        let mut pairs: Vec<[Vec<(Cost, Cost)>; 2]> = CASES.iter().map(|_| [vec![], vec![]]).collect();
        for round in 0..PAIRS {
            let tenant = tenant(round);
            let key = self.key(tenant);
            // The session that has told the key is gone when the next process is counted.
            sleep(Duration::from_millis(500));
            for (case, pairs) in CASES.iter().zip(&mut pairs) {
                for (sql, pairs) in [case.bare, case.by_hand].into_iter().zip(pairs) {
                    let baseline = self.pgbench(BYPASSING, case.by_hand, tenant, &key);
                    pairs.push((baseline, self.pgbench(BOUND, sql, tenant, &key)));
                }
            }
        }
        pairs.iter().map(|[bare, kept]| row(bare, kept)).collect()
    }

    /// One client for a second, as a role, as a tenant.
    fn pgbench(&self, role: &str, sql: &str, tenant: u64, key: &str) -> Cost {
        let script = self.folder.path().join("script.sql");
        let log = self.folder.path().join("log");
        let id = format!("\\set id :first + :tenants * random(0, :orders - 1)\n{sql};\n");
        std::fs::write(&script, if sql.contains(":id") { id } else { format!("{sql};\n") }).unwrap();
        let mut command = self.server.client("pgbench", role).unwrap();
        command.args(["-n", "-c1", "-T1", "-Mprepared", "-l"]).arg("--log-prefix").arg(&log).arg("-f").arg(&script);
        let variables = [("first", tenant), ("tenants", TENANTS), ("orders", self.orders())];
        for (name, value) in variables {
            command.arg("-D").arg(format!("{name}={value}"));
        }
        command.arg("-D").arg(format!("tenant={key}")).arg(DATABASE);
        // The setting stands for the whole session, as a pool's checkout leaves it.
        command.env("PGOPTIONS", format!("-c app.tenant_id={key}"));
        let (before, processes) = (self.spent(), self.processes());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        self.settle(processes);
        let spent = self.spent() - before;
        let latencies = latencies(self.folder.path());
        let count = f64::from(u32::try_from(latencies.len()).unwrap());
        Cost { milliseconds: median(latencies), cpu: spent / count }
    }

    /// Seconds of CPU that backends have used that are gone: the children of `postgres` that it has waited for, fields
    /// 16 and 17 of its line.
    fn spent(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.postmaster)).unwrap();
        let fields = stat.rsplit_once(')').unwrap().1.split_whitespace();
        fields.skip(13).take(2).map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
    }

    fn processes(&self) -> usize {
        let path = format!("/proc/{0}/task/{0}/children", self.postmaster);
        std::fs::read_to_string(path).unwrap().split_whitespace().count()
    }

    /// A backend goes on for a moment after its client is gone.
    fn settle(&self, processes: usize) {
        while self.processes() > processes {
            sleep(Duration::from_millis(2));
        }
    }

    fn report(&self, rows: &[Row]) {
        let mut text = String::new();
        writeln!(
            text,
            "PostgreSQL {}, {} rows a table, {TENANTS} tenants, {PAIRS} pairs\n",
            self.server.version(),
            self.rows
        )
        .unwrap();
        text +=
            "| query | by hand, ms | policy: time | policy: CPU | with own WHERE: time | with own WHERE: CPU | aim |\n";
        text += "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n";
        for (case, row) in CASES.iter().zip(rows) {
            let ratios = [row.bare.milliseconds, row.bare.cpu, row.kept.milliseconds, row.kept.cpu];
            let ratios = ratios.map(|ratio| format!("{ratio:.2}")).join(" | ");
            writeln!(text, "| {} | {:.3} | {ratios} | {} |", case.what, row.baseline, case.aim).unwrap();
        }
        print!("{text}");
    }
}

/// Tenants by turns, so that no round is of one whose pages the round before left behind.
fn tenant(round: usize) -> u64 {
    1 + 97 * u64::try_from(round).unwrap() % TENANTS
}

/// The project beside this file, for the server's version.
fn compile(folder: &Path, major: u32) {
    let project = include_str!("access/noren.toml").replace("version = 15", &format!("version = {major}"));
    std::fs::write(folder.join("noren.toml"), project).unwrap();
    std::fs::write(folder.join("schema.sql"), include_str!("access/schema.sql")).unwrap();
    std::fs::write(folder.join("policy.noren"), include_str!("access/policy.noren")).unwrap();
    let loaded = noren::project::load(folder);
    let project = loaded.project.unwrap();
    let compiled = noren::compiler::compile(&loaded.sources, &project);
    let titles: Vec<_> = compiled.diagnostics.iter().map(|found| found.title.as_str()).collect();
    assert!(titles.is_empty(), "{}", titles.join("\n"));
    let files = noren::artifact::with_lock(compiled.files.unwrap(), &compiled.schema_digest, &compiled.policy_digest);
    noren::artifact::write(&folder.join(&project.output), &files, "generated").unwrap();
}

/// Milliseconds of each transaction; the log is read once and removed.
fn latencies(folder: &Path) -> Vec<f64> {
    let is_log = |path: &Path| path.file_name().unwrap().to_string_lossy().starts_with("log.");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let log = paths.into_iter().find(|path| is_log(path)).unwrap();
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(log).unwrap();
    text.lines().map(|line| line.split(' ').nth(2).unwrap().parse::<f64>().unwrap() / 1000.0).collect()
}

fn row(bare: &[(Cost, Cost)], kept: &[(Cost, Cost)]) -> Row {
    let ratios = |pairs: &[(Cost, Cost)]| Cost {
        milliseconds: median(pairs.iter().map(|(base, bound)| bound.milliseconds / base.milliseconds).collect()),
        cpu: median(pairs.iter().map(|(base, bound)| bound.cpu / base.cpu).collect()),
    };
    let baselines = bare.iter().chain(kept).map(|(base, _)| base.milliseconds);
    Row { baseline: median(baselines.collect()), bare: ratios(bare), kept: ratios(kept) }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
