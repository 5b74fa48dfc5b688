//! What a column's name hints at. A hint decides nothing about safety: where it hints at a person, the value is
//! masked; only a short list of names, none of which speaks of a person, hints that text may be kept.

/// What a name hints at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cli) enum Hint {
    /// A password, a token, a key, a number that identifies a person to an authority or a bank.
    Secret,
    /// An electronic mail address.
    Email,
    /// A telephone or fax number.
    Phone,
    /// A name that somebody chose for a login.
    Handle,
    /// A person's name.
    PersonName,
    /// A day of birth.
    Birth,
    /// A part of a postal address.
    Address,
    /// An address in a network, or what a browser says of itself.
    Network,
    /// A place on earth, as numbers.
    Location,
    /// A link.
    Link,
    /// What people wrote.
    FreeText,
    /// A word of the application's own: a status, a currency, a format.
    Vocabulary,
    /// What tells one thing from another and is not read: a key, a checksum.
    Identifier,
}

/// Words in a row, each a segment of a `snake_case` or `camelCase` name. The first line that fits decides, so the
/// graver hints stand first. Words of the application's own count only at a name's end: `status_note` is a note.
const WORDS: &[(Hint, &str)] = &[
    (
        Hint::Secret,
        "password|passwd|passphrase|user pass|userpass|pw digest|secret|token|otp|totp|mfa|salt|credential|credentials|passcode",
    ),
    (Hint::Secret, "api key|apikey|private key|access key|auth key|session key|encryption key|recovery code|pin code"),
    (
        Hint::Secret,
        "ssn|social security|national id|tax id|passport|my number|mynumber|kojin bango|licence number|license number",
    ),
    (
        Hint::Secret,
        "iban|swift|card number|card no|credit card|cvv|cvc|card last4|card holder|account number|account no|koza|kouza",
    ),
    (Hint::Email, "email|e mail|mail|mailaddress|emailaddress|meru|meado"),
    (Hint::Phone, "phone|telephone|tel|mobile|cellphone|cell|fax|denwa|keitai|phonenumber"),
    (
        Hint::Handle,
        "username|user name|login|nickname|nick|handle|screen name|twitter|slack|line id|gh login|account name|yuza",
    ),
    (
        Hint::PersonName,
        "first name|last name|middle name|full name|family name|given name|maiden name|display name|surname|forename",
    ),
    (
        Hint::PersonName,
        "firstname|lastname|fullname|middlename|name kana|kana name|kana|furigana|shimei|namae|sei|mei|sei kana|mei kana|yomi",
    ),
    (
        Hint::PersonName,
        "contact name|customer name|user name|employee name|author name|owner name|sender name|recipient name|recipient|person",
    ),
    (Hint::Birth, "birth|birthday|birthdate|dob|birth date|born|seinengappi|tanjobi|tanjoubi"),
    (
        Hint::Address,
        "address|address2|street|line1|line2|city|town|postcode|postal code|postal|zip|zipcode|prefecture|district|building",
    ),
    (Hint::Address, "jusho|juusho|yubin|yuubin|todofuken|shikuchoson|banchi"),
    (
        Hint::Network,
        "ip|ip address|ipaddress|ip addr|remote address|remote addr|remote ip|user agent|useragent|mac address|device id|session id|cookie|referer|referrer",
    ),
    (Hint::Location, "latitude|longitude|lat|lng|lon|geo|gps|coordinates|location"),
    (Hint::Link, "url|uri|website|homepage|avatar|photo|picture|image|link|documentation|repository|href"),
    (
        Hint::FreeText,
        "description|body|comment|comments|note|notes|memo|message|content|contents|text|bio|biography|remark|remarks|summary",
    ),
    (
        Hint::FreeText,
        "details|detail|reason|feedback|review|answer|question|subject|readme|explanation|gender|sex|seibetsu|diagnosis|symptom|allergy",
    ),
    (
        Hint::FreeText,
        "biko|bikou|bikoo|shosai|naiyo|naiyou|riyu|riyuu|kanso|changelog|error|payload|metadata|data|before|after|diff",
    ),
    (
        Hint::Vocabulary,
        "status|type|kind|category|currency|currency code|locale|language|language code|timezone|time zone|tz|country|country code",
    ),
    (
        Hint::Vocabulary,
        "color|colour|version|sku|unit|mime|mime type|content type|format|level|priority|severity|mode|stage|role|scope|plan|tier",
    ),
    (
        Hint::Vocabulary,
        "event type|job type|action|operation|channel|rating|license|edition|algorithm|encoding|charset|collation|queue",
    ),
    (
        Hint::FreeText,
        "info|information|config|configuration|settings|options|properties|attributes|parameters|params|context|value|json",
    ),
    (
        Hint::Handle,
        "created by|updated by|deleted by|modified by|changed by|approved by|sender|creator|owner id|user id",
    ),
    (Hint::Identifier, "id|uuid|guid|uid|key|ref|reference|digest|hash|checksum|sha256|md5|fingerprint|nonce|etag"),
];

/// The same in Japanese script, found anywhere in a name.
const JAPANESE: &[(Hint, &[&str])] = &[
    (Hint::Secret, &["暗証", "パスワード", "個人番号", "マイナンバー", "口座"]),
    (Hint::Email, &["メール"]),
    (Hint::Phone, &["電話", "携帯", "ファックス"]),
    (Hint::Birth, &["生年月日", "誕生日"]),
    (Hint::Address, &["住所", "郵便", "都道府県", "市区町村", "番地"]),
    (Hint::PersonName, &["氏名", "名前", "カナ", "ふりがな", "フリガナ", "姓", "担当者"]),
    (Hint::FreeText, &["備考", "メモ", "コメント", "内容", "理由", "説明", "詳細", "性別"]),
    (Hint::Vocabulary, &["状態", "区分", "種別", "通貨"]),
];

/// Tables in which a bare `name` is a person's.
const PEOPLE: &str = "user|users|customer|customers|employee|employees|staff|member|members|patient|patients|doctor|doctors|person|persons|people\
    |contact|contacts|author|authors|actor|actors|student|students|teacher|teachers|owner|owners|guest|guests|client|clients|driver|drivers\
    |practitioner|practitioners|shain|kokyaku|kaiin|kanja|社員|顧客|会員|患者";

/// Tables whose `name`s and `title`s are the application's own words.
const REFERENCE: &str = "category|categories|tag|tags|role|roles|country|countries|currency|currencies|language|languages|keyword|keywords\
    |status|statuses|type|types|unit|units|plan|plans|permission|permissions|feature|features|genre|genres";

/// Tables that tools for migrations keep.
const BOOKKEEPING: &[&str] = &[
    "schema_migrations",
    "ar_internal_metadata",
    "__diesel_schema_migrations",
    "_sqlx_migrations",
    "flyway_schema_history",
    "alembic_version",
    "django_migrations",
    "_prisma_migrations",
    "knex_migrations",
    "knex_migrations_lock",
    "goose_db_version",
    "databasechangelog",
    "databasechangeloglock",
    "migrations",
    "refinery_schema_history",
    "sequelizemeta",
    "SequelizeMeta",
    "pgmigrations",
];

/// Columns that tell the tenant, likeliest first.
pub(super) const TENANT_COLUMNS: &[&str] = &[
    "tenant_id",
    "organization_id",
    "organisation_id",
    "org_id",
    "company_id",
    "workspace_id",
    "account_id",
    "clinic_id",
    "team_id",
    "client_id",
    "merchant_id",
    "shop_id",
    "kaisha_id",
    "tenantId",
    "organizationId",
    "companyId",
    "workspaceId",
    "accountId",
];

/// What the name of a column in a table hints at; the graver of several hints.
pub(in crate::cli) fn hint(table: &str, column: &str) -> Option<Hint> {
    let segments = segments(column);
    if let [only] = segments.as_slice()
        && ["name", "title", "code"].contains(&only.as_str())
    {
        return of_its_table(table, only);
    }
    let japanese = JAPANESE.iter().find(|(_, parts)| parts.iter().any(|part| column.contains(part)));
    let fits = |hint: Hint, words: &str| match hint {
        Hint::Vocabulary | Hint::Identifier => {
            segments.join(" ") == words || segments.join(" ").ends_with(&format!(" {words}"))
        }
        _ => contains(&segments, words),
    };
    let words = WORDS.iter().find(|(hint, lines)| lines.split('|').any(|words| fits(*hint, words)));
    words.map(|(hint, _)| *hint).or(japanese.map(|(hint, _)| *hint))
}

/// `name` alone says only what the table says: the last word, or the one before `of` (`roles_of_staff`).
fn of_its_table(table: &str, column: &str) -> Option<Hint> {
    let segments = segments(table);
    let head = segments.split(|segment| segment == "of").next().and_then(<[String]>::last)?;
    let is_one_of = |list: &str| list.split('|').any(|word| word == head);
    match column {
        "name" if is_one_of(PEOPLE) => Some(Hint::PersonName),
        _ if is_one_of(REFERENCE) => Some(Hint::Vocabulary),
        _ => None,
    }
}

/// Whether a table is the bookkeeping of a tool for migrations.
pub(super) fn is_bookkeeping(table: &str) -> bool {
    BOOKKEEPING.contains(&table)
}

fn contains(segments: &[String], words: &str) -> bool {
    let words: Vec<&str> = words.split(' ').collect();
    segments.windows(words.len()).any(|window| window.iter().zip(&words).all(|(segment, word)| segment == word))
}

/// `contactEmail`, `contact_email` and `Contact Email` all give `contact` and `email`.
fn segments(name: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut previous_lower = false;
    for character in name.chars() {
        let breaks = !character.is_alphanumeric() || character.is_uppercase() && previous_lower;
        if breaks {
            segments.push(String::new());
        }
        if let Some(segment) = segments.last_mut().filter(|_| character.is_alphanumeric()) {
            segment.extend(character.to_lowercase());
        }
        previous_lower = character.is_lowercase() || character.is_numeric();
    }
    segments.retain(|segment| !segment.is_empty());
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_all_spellings() {
        assert_eq!(hint("t", "contact_email"), Some(Hint::Email));
        assert_eq!(hint("t", "contactEmail"), Some(Hint::Email));
        assert_eq!(hint("t", "denwa_bango"), Some(Hint::Phone));
        assert_eq!(hint("t", "生年月日"), Some(Hint::Birth));
        assert_eq!(hint("t", "password_email_salt"), Some(Hint::Secret));
        assert_eq!(hint("t", "described"), None);
        assert_eq!(hint("t", "payment_status"), Some(Hint::Vocabulary));
        assert_eq!(hint("t", "status_note"), Some(Hint::FreeText));
        assert_eq!(hint("t", "verification_code"), None);
        assert_eq!(hint("t", "room_id"), Some(Hint::Identifier));
        assert_eq!(hint("t", "id_of_owner"), None);
    }

    #[test]
    fn a_bare_name_is_what_its_table_is() {
        assert_eq!(hint("users", "name"), Some(Hint::PersonName));
        assert_eq!(hint("product_categories", "name"), Some(Hint::Vocabulary));
        assert_eq!(hint("crates", "name"), None);
        assert_eq!(hint("roles_of_staff", "name"), Some(Hint::Vocabulary));
        assert_eq!(hint("user_groups", "name"), None);
    }
}
