#!/usr/bin/env python3
"""CPU of masked exports by Noren and by other tools, of one table in one run.

usage: compare.py NOREN ROWS [ROUNDS]

The server is the one that PGHOST and PGUSER name: on this machine, a superuser, a scratch database that may be
overwritten, named by PGDATABASE. Tools that are not found are said to be missing and left out. See README.md.
"""
import os, pathlib, resource, shutil, statistics, subprocess, sys, tempfile, time

NOREN, ROWS, ROUNDS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 3
SLOW = 20_000  # rows for tools that take minutes for more
SETUP = """
DROP TABLE IF EXISTS customers;
CREATE TABLE customers (id bigint PRIMARY KEY, tenant uuid NOT NULL, name text NOT NULL, email text, phone text, birth date, balance numeric(12,2), note text);
INSERT INTO customers SELECT g, md5('tenant' || g % 200)::uuid, 'Taro Sato ' || g, 'user' || g || '@example' || g % 50 || '.com',
  '+81-90-' || lpad((g * 7919 % 10000)::text, 4, '0') || '-' || lpad((g * 31 % 10000)::text, 4, '0'),
  date '1940-01-01' + (g * 13 % 30000)::int, (g * 17 % 1000000) / 100.0, 'Note for ' || g || ': ' || repeat(md5(g::text), 3)
FROM generate_series(1::bigint, {rows}) g;
VACUUM (FREEZE, ANALYZE) customers;
"""
POLICY = """
setting noren.mask_key text secret;
table customers {
  id, tenant keep; name mask fake_name; email mask email; phone mask partial(last => 4); birth mask truncate('year');
  balance mask noise(by => id, ratio => 0.1); note mask constant('****');
}
export peers { tables customers; }
"""
MANIFEST = """
[project]
name     = "peers"
engine   = "postgresql"
version  = {version}
schema   = ["schema.sql"]
policies = ["policy.noren"]
[export.peers]
target = "psql"
"""
# The nearest that each has: a made-up or fixed name, a hashed address, a partial phone, a shifted or coarse date.
LABELS = {
    "name": "(ARRAY['Aki Abe','Ben Ito','Cai Ono','Dai Mori'])[1 + (get_byte(sha256(convert_to('key' || name, 'UTF8')), 0) & 3)]",
    "email": "'u' || left(encode(sha256(convert_to('key' || email, 'UTF8')), 'hex'), 16) || '@example.invalid'",
    "phone": "'****' || right(phone, 4)",
    "birth": "date_trunc('year', birth::timestamp)::date",
    "balance": "round(balance * 1.05, 2)",
    "note": "'****'::text",
}
# The same expressions as Noren's own, so that the two do the same work.
SAME = "table customers { id, tenant keep; " + "".join(f"{column} mask ({sql}); " for column, sql in LABELS.items()) + """}
export peers { tables customers; }
"""
DATANYMIZER = """
tables:
  - name: customers
    rules:
      name: {person_name: {}}
      email: {email: {kind: Safe}}
      phone: {phone: {format: "+81-##-####-####"}}
      birth: {datetime: {from: "1940-01-01T00:00:00+00:00", to: "2020-01-01T00:00:00+00:00", format: "%Y-%m-%d"}}
      balance: {random_num: {min: 1, max: 10000}}
      note: {plain: "****"}
"""
DUMPLING = """
[rules."public.customers"]
name = {strategy = "name", as_string = true}
email = {strategy = "hash", salt = "${SALT}", as_string = true}
phone = {strategy = "phone", as_string = true}
birth = {strategy = "date_fuzz", min_days = -300, max_days = 300, as_string = true}
note = {strategy = "redact", as_string = true}
"""
PGANONYMIZE = """
tables:
  - customers:
      primary_key: id
      fields:
        - name: {provider: {name: fake.name}}
        - email: {provider: {name: md5}}
        - phone: {provider: {name: partial_mask}}
        - note: {provider: {name: set, value: '****'}}
"""
CLOAKDB = """
version: "1.0"
global: {salt: "a salt for a comparison, of more than 32 characters"}
tables:
  customers:
    columns:
      name: {strategy: faker, params: {provider: name}}
      email: {strategy: deterministic_hash}
      phone: {strategy: pattern_mask}
      birth: {strategy: date_truncate}
      note: {strategy: constant, params: {value_to_set: '****'}}
"""
MASKER = """
version: 1
settings: {batch_size: 5000, null_passthrough: true, create_schema: true, locale: en_US}
tables:
  customers:
    action: copy
    columns:
      id: {transformer: keep}
      tenant: {transformer: keep}
      name: {transformer: fake, params: {provider: name}}
      email: {transformer: hash, params: {length: 16}}
      phone: {transformer: partial_mask, params: {keep_last: 4}}
      birth: {transformer: date_shift, params: {min_days: -300, max_days: 300}}
      balance: {transformer: number_noise, params: {percent: 10}}
      note: {transformer: redact, params: {value: '****'}}
"""
PRIVACI = """
version: '1.0'
global_salt: ${ANONYMIZATION_SALT}
on_existing_data: truncate
schema_mode: replicate
auto_detect: false
tables:
  public.customers:
    strategy: transform
    columns:
      name: {action: fake, provider: full_name}
      email: {action: hash}
      phone: {action: regex_mask, pattern: '^.*(....)$', replace: '****\\1'}
      note: {action: static, value: '****'}
"""
# The tools that copy from database to database write into this one.
COPY = "noren_peers_copy"


def run(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout


def psql(sql):
    return run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1"], input=sql).strip()


def server_cpu(pid):
    """What the postmaster's ended children took, in seconds."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def cpu(pid, work):
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    before = used.ru_utime + used.ru_stime, server_cpu(pid)
    work()
    time.sleep(0.5)  # the postmaster counts a backend when it has reaped it
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime - before[0] + server_cpu(pid) - before[1]


def shell(command, **more):
    return lambda: run(["bash", "-eo", "pipefail", "-c", command], **more)


def works(folder, pid):
    """Name, rows, what to run (None where it is not installed)."""
    def has(program):
        return shutil.which(program) is not None
    def fresh(command):
        return f"rm -rf {folder}/out; {command}"
    masked = f"{folder}/masked.sql"
    key = {**os.environ, "NOREN_MASK_KEY": "a key for a comparison, more than 32 bytes", "SALT": "a salt for a comparison"}
    noren = f"{folder}/generated/export/peers/run.sql"
    labelled = psql("SELECT count(*) FROM pg_roles WHERE rolname = 'noren_peers_masked'") == "1"
    yield "psql: plain COPY to a file", ROWS, shell(f'psql -Xqc "COPY customers TO STDOUT" > {masked}')
    yield "pg_dump", ROWS, shell(f"pg_dump -t customers > {masked}")
    yield "Noren: the whole run.sql", ROWS, shell(fresh(f"psql -Xq -v run={folder}/out -f {noren}"), env=key)
    yield "Noren, with pg_anonymize's expressions", ROWS, shell(
        fresh(f"psql -Xq -v run={folder}/out -f {folder}/same/generated/export/peers/run.sql"), env=key)
    yield "pg_anonymize: COPY as a masked role", ROWS, shell(
        f'psql -Xq -U noren_peers_masked -c "COPY (SELECT * FROM customers) TO STDOUT" > {masked}') if labelled else None
    user, host = os.environ.get("PGUSER", "postgres"), os.environ.get("PGHOST", "localhost")
    url = f"postgres://{user}@{host.replace('/', '%2F')}/{os.environ.get('PGDATABASE', user)}"
    yield "pg_datanymizer", ROWS, shell(
        f"pg_datanymizer -c {folder}/datanymizer.yml -f {masked} '{url}'") if has("pg_datanymizer") else None
    yield "pg_dump, dumpling", ROWS, shell(
        f"pg_dump -t customers | dumpling -c {folder}/dumpling.toml > {masked}", env=key) if has("dumpling") else None
    yield "pg_dump, cloakdb", SLOW, shell(
        f"pg_dump -t customers > {folder}/raw.sql; cloakdb mask -c {folder}/cloakdb.yml -i {folder}/raw.sql -o {masked}",
        env=key) if has("cloakdb") else None
    database = os.environ.get("PGDATABASE", user)
    yield "pganonymize: in place", SLOW, shell(
        f"pganonymize --schema {folder}/pganonymize.yml --dbname {database} --user {user} --host {host} --password x"
    ) if has("pganonymize") else None
    key |= {"MASKER_SECRET_KEY": key["NOREN_MASK_KEY"], "ANONYMIZATION_SALT": key["NOREN_MASK_KEY"]}
    def of(scheme, name):
        return f"'{scheme}://{user}@/{name}?host={host}&port={os.environ.get('PGPORT', '5432')}'"
    fresh_copy = f"psql -Xqc 'DROP DATABASE IF EXISTS {COPY}' -c 'CREATE DATABASE {COPY}'; "
    yield "masker-db: into a second database", SLOW, shell(
        fresh_copy + f"cd {folder}; masker run --rules masker.yaml --yes --source {of('postgresql+psycopg2', database)} "
        f"--target {of('postgresql+psycopg2', COPY)}", env=key) if has("masker") else None
    yield "PrivaCI: into a second database", SLOW, shell(
        fresh_copy + f"privaci run --config {folder}/privaci.yaml --source {of('postgresql', database)} "
        f"--target {of('postgresql', COPY)}", env=key) if has("privaci") else None


def main():
    pid = int(psql("SELECT (regexp_split_to_array(pg_read_file('postmaster.pid'), E'\\n'))[1]"))
    results, missing = {}, []
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        place.chmod(0o755)
        version = int(psql("SHOW server_version_num")) // 10000
        for name, text in [("policy.noren", POLICY), ("noren.toml", MANIFEST.format(version=version)),
                           ("datanymizer.yml", DATANYMIZER), ("dumpling.toml", DUMPLING),
                           ("pganonymize.yml", PGANONYMIZE), ("cloakdb.yml", CLOAKDB),
                           ("masker.yaml", MASKER), ("privaci.yaml", PRIVACI)]:
            (place / name).write_text(text)
        for rows in (ROWS, SLOW):
            psql(SETUP.format(rows=rows))
            (place / "schema.sql").write_text(run(["pg_dump", "--schema-only", "-t", "customers"]))
            run([NOREN, "-C", folder, "build"])
            (place / "same").mkdir(exist_ok=True)
            shutil.copy(place / "schema.sql", place / "same")
            (place / "same" / "noren.toml").write_text(MANIFEST.format(version=version))
            (place / "same" / "policy.noren").write_text(SAME)
            run([NOREN, "-C", f"{folder}/same", "build"])
            if psql("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_anonymize'") == "1" or os.environ.get("PG_ANONYMIZE"):
                psql("DO $$ BEGIN CREATE ROLE noren_peers_masked LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
                     "ALTER ROLE noren_peers_masked SET session_preload_libraries = 'pg_anonymize'; GRANT SELECT ON customers TO noren_peers_masked;"
                     "LOAD 'pg_anonymize'; SECURITY LABEL FOR pg_anonymize ON ROLE noren_peers_masked IS 'anonymize';"
                     + "".join(f"SECURITY LABEL FOR pg_anonymize ON COLUMN customers.{column} IS $label${sql}$label$;" for column, sql in LABELS.items()))
            chosen = [(name, work) for name, of, work in works(folder, pid) if of == rows or name.startswith("psql")]
            for turn in range(ROUNDS if rows == ROWS else 1):
                for name, work in chosen:
                    if work is None:
                        missing.append(name) if turn == 0 else None
                        continue
                    try:
                        results[rows, name] = [*results.get((rows, name), []), cpu(pid, work)]
                    except RuntimeError as error:
                        missing.append(f"{name} ({error})") if turn == 0 else None
    psql(f"DROP DATABASE IF EXISTS {COPY}")
    print(f"PostgreSQL {psql('SHOW server_version')}, {ROWS} rows, median of {ROUNDS}; {SLOW} rows and one run where said\n")
    print("| what | rows | CPU, s | against plain COPY |\n| --- | ---: | ---: | ---: |")
    for (rows, name), costs in results.items():
        plain = statistics.median(results[rows, "psql: plain COPY to a file"])
        print(f"| {name} | {rows:,} | {statistics.median(costs):.2f} | {statistics.median(costs) / plain:.1f} |")
    for name in missing:
        print(f"\nnot measured: {name}")


main()
