//! What the workflow around an export to S3 has to know of the accounts that it runs in.

/// `[export.NAME.pipeline]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// What the names of all resources begin with; `noren-EXPORT` unless said otherwise.
    pub name: String,
    /// When it runs, as `EventBridge` Scheduler writes it; `None` where something else starts it.
    pub schedule: Option<String>,
    /// The schedule's time zone, `UTC` unless said otherwise.
    pub timezone: String,
    /// Into how many tasks the tables and their pieces are dealt, 1 to 1000; 8 unless said otherwise.
    pub tasks: u32,
    /// How many of them run at once, 1 to 40; 4 unless said otherwise.
    pub concurrency: u32,
    /// The secret that holds the mask key; `None` where no mask reads one.
    pub mask_key: Option<Arn>,
    /// The one tenant whose rows leave.
    pub tenant: Option<String>,
    /// Where the rows come from.
    pub source: Side,
    /// What runs the export's statements.
    pub runner: Runner,
    /// Where they go; `None` after `no import`.
    pub target: Option<Target>,
    /// Cloned for each run: the class of the clone's one instance, `db.r6g.large` unless said otherwise.
    pub instance_class: String,
    /// Cloned for each run: the clone's group of subnets.
    pub subnet_group: String,
    /// The copy's parameter group, where a strategy changes it.
    pub parameter_group: Option<String>,
}

impl Pipeline {
    /// Whether the copy is in an account of its own.
    pub fn two_accounts(&self) -> bool {
        self.target.as_ref().is_some_and(|target| target.side.cluster.account != self.source.cluster.account)
    }

    /// A state machine of one of the two accounts.
    pub fn machine(&self, side: &Side, what: &str) -> Arn {
        side.cluster.beside("states", &format!("stateMachine:{}-{what}", self.name))
    }

    /// An IAM role of one of the two accounts.
    pub fn role(&self, side: &Side, what: &str) -> Arn {
        side.cluster.global("iam", &format!("role/{}-{what}", self.name))
    }
}

/// A database and what reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The Aurora cluster.
    pub cluster: Arn,
    /// The database in it.
    pub database: String,
    /// The secret with `username` and `password` of the login that runs the statements.
    pub login: Arn,
    /// Of the tasks; the source's are also the clone's.
    pub security_groups: Vec<String>,
}

/// The copy, which tasks alone load: an import is one long transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The database.
    pub side: Side,
    /// What runs its files.
    pub tasks: Tasks,
}

/// What runs an export's statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runner {
    /// psql in tasks of ECS, with the generated files.
    Ecs(Tasks),
    /// The HTTP interface of the database, a short statement a call.
    DataApi,
}

/// psql in tasks of ECS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tasks {
    /// The ECS cluster.
    pub ecs: Arn,
    /// The image with psql and the generated files in `/noren`.
    pub image: String,
    /// Where tasks run.
    pub subnets: Vec<String>,
}

/// The name of a resource, `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arn {
    /// `aws`, `aws-cn`, …
    pub partition: String,
    /// `rds`, `ecs`, …
    pub service: String,
    /// As in `ap-northeast-1`.
    pub region: String,
    /// 12 digits.
    pub account: String,
    /// The rest, with the kind of resource.
    pub resource: String,
}

impl Arn {
    /// `None` where it has not the six parts, or odd letters.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().map(str::to_owned);
        let (prefix, partition, service) = (next()?, next()?, next()?);
        let arn = Self { partition, service, region: next()?, account: next()?, resource: next()? };
        let plain = |letter: u8| letter.is_ascii_alphanumeric() || b"/_+=.@!:-".contains(&letter);
        let known = arn.partition == "aws" || arn.partition.starts_with("aws-");
        let digits = arn.account.len() == 12 && arn.account.bytes().all(|digit| digit.is_ascii_digit());
        (prefix == "arn" && known && digits && text.bytes().all(plain)).then_some(arn)
    }

    /// The resource without its kind, as most calls name it.
    pub fn name(&self) -> &str {
        self.resource.split_once([':', '/']).map_or(self.resource.as_str(), |(_, name)| name)
    }

    /// Another resource beside it.
    #[must_use]
    pub fn beside(&self, service: &str, resource: &str) -> Self {
        Self { service: service.to_owned(), resource: resource.to_owned(), ..self.clone() }
    }

    /// Another resource of its account, of a service that has no regions.
    #[must_use]
    pub fn global(&self, service: &str, resource: &str) -> Self {
        Self { region: String::new(), ..self.beside(service, resource) }
    }
}

impl std::fmt::Display for Arn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(formatter, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

#[cfg(test)]
mod tests {
    use super::Arn;

    #[test]
    fn an_arn_has_six_parts() {
        for text in [
            "arn:aws:rds:ap-northeast-1:111122223333:cluster:production",
            "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:noren/mask_key-AbCdEf",
        ] {
            assert_eq!(Arn::parse(text).map(|arn| arn.to_string()).as_deref(), Some(text));
        }
        for text in
            ["", "production", "arn:aws:rds:r:1:cluster:x", "arn:aws:rds:r:111122223333", "arn:aws:a:r:111122223333:'"]
        {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }
}
