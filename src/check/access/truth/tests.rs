use super::*;
use crate::resolve::access::predicate::tests::read;

const TENANT: &str = "app.tenant_id";
const MANY: &str = "app.tenant_ids";
const USER: &str = "app.user_id";

fn formula(text: &str) -> Formula {
    read(text).unwrap_or_else(|found| panic!("{text}: {}", found[0].title)).0.formula
}

/// Fails with every text that is not as it should be.
#[track_caller]
fn all(texts: &[&str], is_right: impl Fn(&Formula) -> bool) {
    let wrong: Vec<&&str> = texts.iter().filter(|text| !is_right(&formula(text))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn is_possible(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Possible { .. })
}

#[test]
fn what_keeps_tenants_apart_is_shown_to() {
    for (text, setting) in [
        ("tenant_id = app.tenant_id", TENANT),
        ("app.tenant_id = reports.tenant_id and title like 'a%'", TENANT),
        ("maybe_tenant = app.tenant_id or tenant_id = app.tenant_id", TENANT),
        ("tenant_id in (app.tenant_id)", TENANT),
        ("tenant_id = any (app.tenant_ids)", MANY),
        ("tenant_id = any (array[app.tenant_id])", TENANT),
        ("not (not (tenant_id = app.tenant_id))", TENANT),
        ("not (tenant_id <> app.tenant_id)", TENANT),
        ("(tenant_id = app.tenant_id) is true", TENANT),
        ("(tenant_id = app.tenant_id) is not false and app.tenant_id is not null", TENANT),
        ("coalesce(tenant_id = app.tenant_id, false)", TENANT),
        ("case when tenant_id = app.tenant_id then true else false end", TENANT),
        ("case status when 'draft' then tenant_id = app.tenant_id else maybe_tenant = app.tenant_id end", TENANT),
        ("tenant_id::text = app.tenant_id::text", TENANT),
        ("(id, tenant_id) = (owner_id, app.tenant_id)", TENANT),
        ("tenant_id between app.tenant_id and app.tenant_id and tenant_id = app.tenant_id", TENANT),
        ("exists (select from members m where m.tenant_id = app.tenant_id and m.user_id = reports.owner_id)", TENANT),
        ("owner_id in (select m.user_id from members m where m.tenant_id = app.tenant_id)", TENANT),
        ("owner_id = any (array(select m.user_id from members m where m.tenant_id = app.tenant_id))", TENANT),
        ("app.tenant_id = (select m.tenant_id from members m where m.user_id = reports.owner_id)", TENANT),
        ("app.tenant_id in (select m.tenant_id from members m where m.user_id = reports.owner_id)", TENANT),
        (
            "exists (select from items i join members m on m.tenant_id = app.tenant_id and m.user_id = i.owner_id where i.report_id = reports.id)",
            TENANT,
        ),
        (
            "exists (select from members m left join items i on i.owner_id = m.user_id where m.tenant_id = app.tenant_id and m.user_id = reports.owner_id)",
            TENANT,
        ),
        ("tenant_id = (select app.tenant_id)", TENANT),
        ("tenant_id = app.tenant_id::uuid and tenant_id::uuid = app.tenant_id", TENANT),
        ("coalesce(maybe_tenant, tenant_id) = app.tenant_id", TENANT),
    ] {
        all(&[text], |formula| true_when_unset(formula, setting) == Outcome::Never);
        all(&[text], |formula| true_for_stranger(formula, setting) == Outcome::Never);
        all(&[text], |formula| true_untied(formula, setting) == Outcome::Never);
    }
}

/// The pitfalls P20 to P29, as far as a name did not refuse them already.
#[test]
fn what_shows_rows_without_a_tenant_is_found() {
    let texts = [
        "true",
        "app.tenant_id is null or tenant_id = app.tenant_id",
        "coalesce(app.tenant_id, tenant_id) = tenant_id",
        "coalesce(app.tenant_id, tenant_id) is not null",
        "coalesce(tenant_id = app.tenant_id, true)",
        "(tenant_id = app.tenant_id) is not false",
        "(tenant_id = app.tenant_id) is unknown",
        "(tenant_id = app.tenant_id) is null",
        "not (app.tenant_id is not null)",
        "case when tenant_id <> app.tenant_id then false else true end",
        "case when app.tenant_id is null then true else tenant_id = app.tenant_id end",
        "tenant_id = app.tenant_id or maybe_tenant is null",
        "nullif(tenant_id, app.tenant_id) is not null",
        "not exists (select from members m where m.tenant_id = app.tenant_id)",
        "exists (select count(*) from members m where m.tenant_id = app.tenant_id)",
        "exists (select from members m left join items i on m.tenant_id = app.tenant_id where m.user_id = reports.owner_id)",
        "id not in (select m.user_id from members m where m.tenant_id = app.tenant_id)",
        "id <> all (array(select m.user_id from members m where m.tenant_id = app.tenant_id))",
        "(select count(*) from members m where m.tenant_id = app.tenant_id) = 0",
        "concat(app.tenant_id) = ''",
        "(app.tenant_id::text || title) is null",
        "greatest(app.tenant_id, tenant_id) = tenant_id",
        "array[app.tenant_id] <> array[tenant_id]",
        "row(app.tenant_id, tenant_id) is not null",
        "public.is_admin(id)",
        "exists (select from members m where m.tenant_id = app.tenant_id union select from members m)",
    ];
    all(&texts, |formula| is_possible(&true_when_unset(formula, TENANT)));
    for text in [
        "tenant_id <> all (app.tenant_ids)",
        "app.tenant_ids is null",
        "not (tenant_id = any (coalesce(app.tenant_ids, array[]::uuid[])))",
    ] {
        let formula = formula(text);
        let found = [true_when_unset(&formula, MANY), true_for_stranger(&formula, MANY)];
        assert!(found.iter().any(is_possible), "{text}");
    }
}

/// NULL hides it where the setting is unset, and still any tenant sees everything.
#[test]
fn what_shows_rows_to_every_tenant_is_found() {
    let texts = [
        "app.tenant_id is not null",
        "tenant_id <> app.tenant_id",
        "not (tenant_id = app.tenant_id)",
        "tenant_id > app.tenant_id",
        "app.tenant_id = public.own(app.tenant_id)",
        "app.tenant_id::text = lower(app.tenant_id::text)",
        "id = any (array(select m.user_id from members m)) and app.tenant_id::text <> ''",
        "tenant_id is not null and app.tenant_id::text <> ''",
        "tenant_id = app.tenant_id or app.tenant_id is not null",
        "left(tenant_id::text, 1) = left(app.tenant_id::text, 1)",
        "tenant_id::text::char(3) = app.tenant_id::text::char(3)",
        "tenant_id::text::varchar(3) = app.tenant_id::text::varchar(3)",
    ];
    all(&texts, |formula| true_when_unset(formula, TENANT) == Outcome::Never);
    all(&texts, |formula| is_possible(&true_for_stranger(formula, TENANT)));
    let texts = [
        // Every tenant has a row there, whatever this row is.
        "exists (select from members m where m.tenant_id = app.tenant_id)",
        "exists (select from members m where m.tenant_id = app.tenant_id) and status = 'draft'",
        "exists (select from members m, items i where m.tenant_id = app.tenant_id and i.report_id = reports.id)",
        "app.tenant_id in (select m.tenant_id from members m)",
        "exists (select from members m where m.tenant_id = app.tenant_id and (m.user_id = reports.owner_id or m.role = 'x'))",
    ];
    all(&texts, |formula| true_for_stranger(formula, TENANT) == Outcome::Never);
    all(&texts, |formula| is_possible(&true_untied(formula, TENANT)));
}

#[test]
fn a_setting_that_shows_more_while_unset_is_found() {
    let texts = [
        "owner_id = app.user_id or app.user_id is null",
        "coalesce(app.user_id, owner_id) = owner_id",
        "owner_id = coalesce(app.user_id, owner_id)",
        "(owner_id = app.user_id) is not false",
        "not (owner_id = app.user_id) is true and owner_id = app.user_id is null",
        "case when app.user_id is null then public else owner_id = app.user_id end",
        "exists (select from members m where m.user_id = app.user_id or app.user_id is null)",
    ];
    all(&texts, |formula| is_possible(&unset_sees_more(formula, USER)));
    let texts = [
        "owner_id = app.user_id",
        "public or owner_id = app.user_id",
        "status = 'draft' or owner_id = app.user_id",
        "public is true or exists (select from members m where m.user_id = app.user_id)",
        "exists (select from items i where i.report_id = reports.id) or owner_id = app.user_id",
        "owner_id <> app.user_id",
        "not (owner_id = app.user_id)",
        "id <> all (array[app.user_id])",
        "case when owner_id = app.user_id then true else public end",
    ];
    all(&texts, |formula| unset_sees_more(formula, USER) == Outcome::Never);
}

#[test]
fn implication_and_tautology() {
    assert_eq!(can_fail(&formula("true")), Outcome::Never);
    assert_eq!(can_fail(&formula("id is not null")), Outcome::Never);
    assert_eq!(can_fail(&formula("title = 'x' or title <> 'x' or title is null")), Outcome::Never);
    assert!(is_possible(&can_fail(&formula("title = 'x' or title <> 'x'"))));
    let implies = |one: &str, other: &str| true_without(&formula(one), &formula(other)) == Outcome::Never;
    assert!(implies("public and status = 'draft'", "status = 'draft'"));
    assert!(!implies("public or status = 'draft'", "status = 'draft'"));
    assert!(implies("status = 'draft'", "'draft' = status"));
    let exists = "exists (select from items i where i.report_id = reports.id)";
    assert!(implies(exists, exists));
    // Two sub-selects of two predicates are never the same one.
    assert!(!implies(exists, "exists (select from items i where i.owner_id = reports.id)"));
}

#[test]
fn what_asks_too_much_is_not_decided() {
    let many: Vec<String> = (0..14).map(|number| format!("(title = '{number}' and owner_id <> {number})")).collect();
    let text = format!("not ({}) and false", many.join(" or "));
    assert_eq!(true_when_unset(&formula(&text), TENANT), Outcome::TooMany);
}

#[test]
fn a_reader_is_told_when() {
    let Outcome::Possible { because, known } =
        true_when_unset(&formula("tenant_id = app.tenant_id or maybe_tenant is null"), TENANT)
    else {
        panic!()
    };
    assert_eq!((because, known), (vec!["maybe_tenant is null".to_owned()], true));
    let Outcome::Possible { known, .. } = true_when_unset(&formula("public.is_admin(id)"), TENANT) else { panic!() };
    assert!(!known);
}
