//! What row security costs: each query as the role that the compiled policy binds, against the same query as a role
//! that bypasses it and has `WHERE tenant_id = $1` written by hand.
//!
//! ```text
//! cargo bench --bench access                     # 1,000,000 rows a table, 1,000 tenants
//! cargo bench --bench access -- 100000           # so many rows
//! cargo bench --bench access -- 100000 plans     # and the plan of each statement
//! cargo bench --bench access -- 100000 minimal   # one policy with one sub-select in place of what is compiled
//! ```
//!
//! The policy of `benches/access/` is compiled and applied from its files, by the owner of the tables. A statement of
//! twenty microseconds cannot be measured a second at a time on a machine that others use: so the two roles take turns
//! every few milliseconds, client and servers share one processor, and a figure is the median of the ratios of such
//! turns. Two things are compared: the time that the client waits, which has the way over the socket in it, and the CPU
//! time of the backend, which has not and so is the stricter one.
//!
//! Statements come both ways that drivers send them: prepared once, so that planning is over after a few runs, and as
//! text, planned each time.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads, writes and starts processes")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that fails has nobody to tell")]

use bytes::{BufMut as _, BytesMut};
use noren::server::{Options, Server};
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, NoTls, Statement};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often the roles take turns.
const ROUNDS: usize = 40;
/// How often they do at least, where a statement is slow; then this is how long all of it takes.
const FEWEST: usize = 8;
const LONGEST: Duration = Duration::from_secs(10);
/// How long a turn is; a statement that takes longer is a turn.
const TURN: Duration = Duration::from_millis(5);
const TENANTS: u64 = 1000;
const DATABASE: &str = "bench";
/// The least that asks for the tenant once a statement: it neither bears a forgotten tenant nor a later policy.
const MINIMAL: &str = "DO $$ DECLARE of record; BEGIN
  FOR of IN SELECT polname, polrelid::regclass AS name FROM pg_policy LOOP
    EXECUTE format('DROP POLICY %I ON %s', of.polname, of.name);
  END LOOP;
  FOR of IN SELECT oid::regclass AS name FROM pg_class WHERE relname IN ('orders', 'visits', 'items') LOOP
    EXECUTE format('CREATE POLICY minimal ON %s USING (tenant_id = (SELECT current_setting(%L)::uuid))',
                   of.name, 'app.tenant_id');
  END LOOP;
  CREATE POLICY minimal ON notes USING (EXISTS (SELECT 1 FROM orders AS o WHERE o.id = notes.order_id
    AND o.tenant_id = (SELECT current_setting('app.tenant_id')::uuid)));
END $$";
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

/// How a driver sends a statement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Prepared,
    Text,
}

/// Microseconds of one statement.
#[derive(Clone, Copy)]
struct Cost {
    time: f64,
    cpu: f64,
}

/// The baseline, and the ratios of those bound by the policy to it: without a WHERE of their own, and with it.
struct Row {
    baseline: Cost,
    bare: Cost,
    kept: Cost,
}

struct Bench {
    server: Server,
    folder: tempfile::TempDir,
    rows: u64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let rows = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    assert!(rows >= TENANTS, "expected at least a row for each of {TENANTS} tenants, found {rows}");
    let bench = Bench::start(rows);
    if arguments.iter().any(|argument| argument == "minimal") {
        bench.server.execute(DATABASE, MINIMAL).unwrap();
    }
    for case in CASES {
        bench.same_rows(case);
    }
    if arguments.iter().any(|argument| argument == "plans") {
        for case in CASES {
            bench.plans(case);
        }
    }
    let rows = [Sent::Prepared, Sent::Text].map(|sent| CASES.iter().map(|case| bench.measure(case, sent)).collect());
    bench.report(&rows);
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
        let bench = Self { server, folder, rows };
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
        let log = self.server.log();
        let last: Vec<&str> = log.lines().rev().take(20).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        let (errors, last) = (errors.join("\n"), last.join("\n"));
        assert!(output.status.success(), "{name}: {}\n{errors}\nthe server:\n{last}", output.status);
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

    /// Both roles by turns, the one that is bound without a WHERE of its own and with it.
    fn measure(&self, case: &Case, sent: Sent) -> Row {
        let cpu = first_processor();
        pin(std::process::id(), &cpu);
        let bound = [(BYPASSING, case.by_hand), (BOUND, case.bare), (BOUND, case.by_hand)];
        let mut sessions = bound.map(|(role, sql)| Session::open(self, role, sql, sent, &cpu));
        let mut rounds: Vec<[Cost; 3]> = Vec::new();
        let started = Instant::now();
        while rounds.len() < ROUNDS && (rounds.len() < FEWEST || started.elapsed() < LONGEST) {
            let round = rounds.len();
            let tenant = tenant(round / 5);
            let key = self.key(tenant);
            // What a pool's checkout leaves is there before the clock runs, and pages and plans are warm.
            for session in &mut sessions {
                session.acts_for(tenant, &key);
                (0..if round == 0 { 8 } else { 1 }).for_each(|_| session.ask(self.orders()));
            }
            let mut costs = [Cost { time: 0.0, cpu: 0.0 }; 3];
            // Nobody always comes after the same one.
            for step in 0..3 {
                let who = (round + step) % 3;
                costs[who] = sessions[who].turn(self.orders());
            }
            rounds.push(costs);
        }
        let ratio = |who: usize| Cost {
            time: median(rounds.iter().map(|costs| costs[who].time / costs[0].time).collect()),
            cpu: median(rounds.iter().map(|costs| costs[who].cpu / costs[0].cpu).collect()),
        };
        let baseline = Cost {
            time: median(rounds.iter().map(|costs| costs[0].time).collect()),
            cpu: median(rounds.iter().map(|costs| costs[0].cpu).collect()),
        };
        Row { baseline, bare: ratio(1), kept: ratio(2) }
    }

    fn report(&self, rows: &[Vec<Row>; 2]) {
        let mut text = String::new();
        writeln!(text, "PostgreSQL {}, {} rows a table, {TENANTS} tenants", self.server.version(), self.rows).unwrap();
        for (what, rows) in ["prepared once", "sent as text"].into_iter().zip(rows) {
            writeln!(
                text,
                "\n| {what} | by hand, µs | its CPU | policy: time | policy: CPU | own WHERE: time | own WHERE: CPU | aim |"
            )
            .unwrap();
            text += "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
            for (case, row) in CASES.iter().zip(rows) {
                let ratios = [row.bare.time, row.bare.cpu, row.kept.time, row.kept.cpu];
                let ratios = ratios.map(|ratio| format!("{ratio:.2}")).join(" | ");
                let Cost { time, cpu } = row.baseline;
                writeln!(text, "| {} | {time:.0} | {cpu:.0} | {ratios} | {} |", case.what, case.aim).unwrap();
            }
        }
        print!("{text}");
    }
}

/// A connection as a role, with one statement.
struct Session {
    client: Client,
    sent: Sent,
    /// The statement with `$1` and `$2`, and what stands there in this order.
    statement: Statement,
    has_id: bool,
    has_tenant: bool,
    sql: &'static str,
    tenant: u64,
    key: String,
    /// Statements so far: the next one asks for another order.
    count: u64,
    /// Where the kernel says how long the backend has run, in nanoseconds.
    schedule: String,
}

impl Session {
    fn open(bench: &Bench, role: &str, sql: &'static str, sent: Sent, cpu: &str) -> Self {
        let mut config = postgres::Config::new();
        config.host_path(bench.server.socket_folder()).user(role).dbname(DATABASE);
        let mut client = config.connect(NoTls).unwrap();
        let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
        pin(pid.unsigned_abs(), cpu);
        let (has_id, has_tenant) = (sql.contains(":id"), sql.contains(":tenant"));
        let tenant_at = if has_id { "$2" } else { "$1" };
        let statement = client.prepare(&sql.replace(":id", "$1").replace(":tenant", tenant_at)).unwrap();
        let schedule = format!("/proc/{pid}/schedstat");
        Self { client, sent, statement, has_id, has_tenant, sql, tenant: 0, key: String::new(), count: 0, schedule }
    }

    fn acts_for(&mut self, tenant: u64, key: &str) {
        self.client.batch_execute(&format!("SET app.tenant_id = '{key}'")).unwrap();
        self.tenant = tenant;
        key.clone_into(&mut self.key);
    }

    /// One statement after the other, each for another of the tenant's orders.
    fn turn(&mut self, orders: u64) -> Cost {
        let (cpu, started) = (self.spent(), Instant::now());
        let mut times = 0.0;
        while times < 1.0 || started.elapsed() < TURN {
            self.ask(orders);
            times += 1.0;
        }
        Cost { time: started.elapsed().as_secs_f64() * 1e6 / times, cpu: (self.spent() - cpu) / 1e3 / times }
    }

    fn ask(&mut self, orders: u64) {
        self.count += 1;
        let id = self.tenant + TENANTS * (self.count * 7919 % orders);
        if self.sent == Sent::Text {
            let sql = self.sql.replace(":id", &id.to_string()).replace(":tenant", &format!("'{}'", self.key));
            self.client.simple_query(&sql).unwrap();
            return;
        }
        let (id, key) = (i64::try_from(id).unwrap(), Uuid(&self.key));
        let mut given: Vec<&(dyn ToSql + Sync)> = Vec::new();
        if self.has_id {
            given.push(&id);
        }
        if self.has_tenant {
            given.push(&key);
        }
        self.client.query(&self.statement, &given).unwrap();
    }

    fn spent(&self) -> f64 {
        let text = std::fs::read_to_string(&self.schedule).unwrap();
        text.split(' ').next().unwrap().parse().unwrap()
    }
}

/// A UUID as it is written, sent as the server has it.
#[derive(Debug)]
struct Uuid<'a>(&'a str);

impl ToSql for Uuid<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let digits: String = self.0.chars().filter(|digit| *digit != '-').collect();
        out.put_u128(u128::from_str_radix(&digits, 16)?);
        Ok(IsNull::No)
    }

    fn accepts(given: &Type) -> bool {
        *given == Type::UUID
    }

    to_sql_checked!();
}

/// The first processor that this process may use.
fn first_processor() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
    list.trim().split(['-', ',']).next().unwrap().to_owned()
}

/// Two processors that others use are not alike for long.
fn pin(process: u32, cpu: &str) {
    let status = Command::new("taskset").args(["-apc", cpu, &process.to_string()]).stdout(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "expected taskset of util-linux to pin a process");
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

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
