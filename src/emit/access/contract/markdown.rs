//! The contract for people.

use super::{Contract, Name, RoleEntry, SettingEntry};
use std::fmt::Write;

const HEAD: &str = "# What an application must do

Noren wrote this file from the policy. Do not edit it: change the policy and build again. `contract.json` holds the same
values for programs.
";

const CHECKOUT: &str = "
Every value is a bind parameter, as text. `SET` takes no bind parameter, so a program that uses it pastes the tenant into
SQL: that is an injection whose prize is every tenant. Never put a tenant into connection options either: `RESET ALL` would go
back to it.

The form with `false` holds until the connection is given back; the program must then clean it. Behind a pooler that gives a
server connection to another client after each transaction, only the form with `true` is right, as the first statement of
every transaction:
";

const TRANSACTION: &str = "
Outside a transaction the form with `true` is gone when its own statement ends, and the next statement sees nothing.
";

const CHECKIN: &str = "
A program that uses the form with `false` runs this before anybody else gets the connection, outside a transaction, and
closes a connection on which it fails:
";

const CHECKIN_WHY: &str = "
`RESET ALL` alone takes the settings back and leaves what the last user made: temporary tables, `WITH HOLD` cursors,
prepared statements, `LISTEN`, advisory locks, and the role of a `SET ROLE`. A temporary table or such a cursor shows one
tenant's rows to the next. A driver that keeps prepared statements by name calls some that are gone after `DISCARD ALL`; it runs
everything else of it instead:
";

const CHECKIN_TAIL: &str = "
A setting that was set once is `''` after this and never NULL again; the functions that the policies call take both for
unset.

A pool sets the tenant again each time it hands a connection out, also the same connection to the same tenant, and a program
that has no tenant at that moment fails by itself instead of asking. If it asks all the same, it sees no row.
";

const OWN_WHERE: &str = "
## Keep your own WHERE

Row security is the second lock. Go on writing the tenant into every query:
";

const OWN_WHERE_WHY: &str = "
The policies compare with a value that the planner does not see, so it guesses that every tenant is of average size. With
the tenant in the query it knows. Measured on PostgreSQL 15 for a tenant that owns half of two million rows: a join took
1.7 times as long as without row security when the query left the tenant out, and 0.94 times when it named it.
A query that names another tenant than the setting sees nothing.
";

const SELF_TEST: &str = "
## At start-up

A program runs this on a new connection, before any tenant is set, and stops if it returns a row. Nothing else notices that a
program was given the owner's password or a role with more rights: everything works, for every tenant.
";

const ERRORS: &str = "
## What errors mean

| what is seen | what it means | what to do |
|---|---|---|
| no rows where some are | no tenant is set, or another one; or a transaction-scoped setting outside a transaction | look at the checkout, not at the query |
| `UPDATE 0`, `DELETE 0` | the rows belong to another tenant, a policy hides them, or no tenant is set | compare the count with what was expected and fail |
| 42501 `new row violates row-level security policy` | the row that is written belongs to another tenant, or a policy forbids it | write the tenant of the setting; the column's default may do it |
| 42501 `permission denied` | the role has no such grant | add a `grant` to the policy, not to the database |
| 42501 `query would be affected by row-level security policy` | `row_security` is off in this session | take it back: it never bypasses anything |
| 22P02 `invalid input syntax` | the setting holds something that is not of its type | fail the request; never pass on what a user sent unread |
| 42501 `permission denied for function` of schema `noren` | the role is none that the applied policy knows | apply the access files of this version |
";

/// The file.
pub(super) fn emit(contract: &Contract) -> String {
    let mut text = HEAD.to_owned();
    text += &settings(contract);
    text += &connections(contract);
    text += &own_where(contract);
    text += &self_tests(contract);
    text += ERRORS;
    text += &roles(contract);
    text += &workloads(contract);
    text += &tables(contract);
    text
}

/// Writing to a string cannot fail.
macro_rules! line {
    ($text:expr, $($argument:tt)*) => {{
        let _ = writeln!($text, $($argument)*);
    }};
}

fn settings(contract: &Contract) -> String {
    if contract.settings.is_empty() {
        return String::new();
    }
    let mut text = "\n## Settings\n\n| setting | type | parameter | what it says |\n|---|---|---|---|\n".to_owned();
    for setting in &contract.settings {
        let says = setting_words(contract, setting);
        line!(text, "| {} | {} | `${}` | {says} |", code(&setting.name), code(&setting.data_type), setting.parameter);
    }
    text
}

fn setting_words(contract: &Contract, setting: &SettingEntry) -> &'static str {
    let many = contract.tenancy.as_ref().is_some_and(|tenancy| tenancy.many);
    match (setting.tenant, many) {
        (true, false) => "the tenant whose rows the session sees; unset, it sees none",
        (true, true) => "the tenants whose rows the session sees, such as `{ONE,ANOTHER}`; unset, it sees none",
        (false, _) => {
            "what conditions of the policy compare with; unset, they are not true. Empty text where there is none"
        }
    }
}

fn connections(contract: &Contract) -> String {
    let Some(checkout) = &contract.checkout else { return String::new() };
    let mut text = "\n## When a connection is taken from the pool\n\n".to_owned();
    text += "One statement, before any other:\n\n";
    text += &sql(&[&checkout.session]);
    text += CHECKOUT;
    text.push('\n');
    text += &sql(&["BEGIN", &checkout.transaction, "-- the program's own statements", "COMMIT"]);
    text += TRANSACTION;
    text += "\n## When it goes back\n";
    text += CHECKIN;
    text.push('\n');
    text += &sql(&[contract.checkin.clean]);
    text += CHECKIN_WHY;
    text.push('\n');
    text += &sql(&contract.checkin.clean_keeping_statements);
    text + CHECKIN_TAIL
}

fn own_where(contract: &Contract) -> String {
    let Some(tenancy) = &contract.tenancy else { return String::new() };
    let comparison = if tenancy.many { "= ANY ($1)" } else { "= $1" };
    let clause = format!("… WHERE {} {comparison}", crate::plan::words::name_words(&tenancy.column));
    format!("{OWN_WHERE}\n{}{OWN_WHERE_WHY}", block(&clause))
}

fn self_tests(contract: &Contract) -> String {
    let tested: Vec<(&RoleEntry, &String)> =
        contract.roles.iter().filter_map(|role| Some((role, role.self_test.as_ref()?))).collect();
    if tested.is_empty() {
        return String::new();
    }
    let mut text = SELF_TEST.to_owned();
    for (role, query) in tested {
        line!(text, "\nAs {}:\n\n{}", code(&role.name), sql(&[query]).trim_end());
    }
    text
}

fn roles(contract: &Contract) -> String {
    if contract.roles.is_empty() {
        return String::new();
    }
    let mut text = "\n## Roles\n\n| role | login | whose rows | member of | why |\n|---|---|---|---|---|\n".to_owned();
    for role in &contract.roles {
        let login = match role.login {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not asserted",
        };
        let rows = match (role.tenants, role.bypass, role.owns) {
            (_, _, 1..) => "every row of the tables that it owns, unless row security is forced there",
            ("all", Some("attribute"), _) => "every tenant's, by BYPASSRLS",
            ("all", ..) => "every tenant's, by a policy",
            _ => "those of the session's tenant",
        };
        let groups: Vec<String> = role.member_of.iter().map(|group| code(group)).collect();
        let because = cell(role.because.as_deref().unwrap_or_default());
        line!(text, "| {} | {login} | {rows} | {} | {because} |", code(&role.name), groups.join(", "));
    }
    text
}

fn workloads(contract: &Contract) -> String {
    if contract.workloads.is_empty() {
        return String::new();
    }
    let mut text =
        "\n## Programs\n\nA program connects as the role that is beside it, and as no other: not as an owner, \
                    not by SET ROLE from a role\nwith more rights, since RESET ROLE goes back.\n\n\
                    | program | role | whose rows | why |\n|---|---|---|---|\n"
            .to_owned();
    for workload in &contract.workloads {
        let rows = match workload.tenants {
            Some("all") => "every tenant's",
            Some(_) => "the session's tenant's",
            None => "",
        };
        let because = cell(workload.because.as_deref().unwrap_or_default());
        line!(text, "| {} | {} | {rows} | {because} |", code(&workload.name), code(&workload.role));
    }
    text
}

fn tables(contract: &Contract) -> String {
    let mut text = String::new();
    let places = [
        ("scoped", "Tables whose rows belong to a tenant", "their rows are those of the session's tenant"),
        ("shared", "Tables that every tenant shares", "their rows are everybody's"),
        ("internal", "Tables that no program of the policy reads", "there are no grants on them"),
    ];
    for (place, title, meaning) in places {
        let mut rows = contract.tables.iter().filter(|table| table.place == place).peekable();
        if rows.peek().is_none() {
            continue;
        }
        line!(text, "\n## {title}\n\nFor a role that acts for its own tenant, {meaning}.\n");
        text += "| table | how | row security |\n|---|---|---|\n";
        for table in rows {
            let name = table_words(&Name { schema: table.schema.clone(), name: table.name.clone() });
            line!(text, "| {name} | {} | {} |", cell(&table.how), table.row_security.unwrap_or(""));
        }
    }
    text
}

fn table_words(name: &Name) -> String {
    use crate::plan::words::name_words;
    code(&format!("{}.{}", name_words(&name.schema), name_words(&name.name)))
}

fn sql(statements: &[&str]) -> String {
    let line = |statement: &&str| {
        let end = if statement.starts_with("--") { "" } else { ";" };
        format!("{}{end}\n", statement.trim_end())
    };
    block(statements.iter().map(line).collect::<String>().trim_end())
}

/// A fenced block whose fence the text does not hold.
fn block(text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}sql\n{text}\n{fence}\n")
}

/// A name that no backquote, bar or line break of it lets out of its cell.
fn code(text: &str) -> String {
    let text = cell(text);
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

fn cell(text: &str) -> String {
    crate::plan::words::one_line(text).replace('|', "\\|")
}
