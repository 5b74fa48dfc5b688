//! A pool whose connections belong to the tenant of the task.

use std::env;
use std::error::Error;
use std::path::Path;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use tokio_postgres::{Config, NoTls};

/// From contract.md. Parameters are bound: SET takes none, and pasted text is an injection.
const SET_TENANT: &str = "SELECT pg_catalog.set_config('app.tenant_id', $1, false)";

tokio::task_local! {
    /// Whose rows the statements of a task are about: `TENANT.scope(tenant, work).await`.
    pub static TENANT: String;
}

/// A connection was asked for where no tenant is known.
#[derive(Debug)]
pub struct NoTenant;

impl std::fmt::Display for NoTenant {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("no tenant in this task")
    }
}

impl Error for NoTenant {}

/// The pool inside is private: there is no way to a connection that sets no tenant.
pub struct TenantPool {
    pool: Pool,
    require_tenant: bool,
}

impl TenantPool {
    /// Does not come back with a pool unless the role's self-test finds nothing.
    pub async fn open(contract: &Path, require_tenant: bool, size: usize) -> Result<Self, Box<dyn Error>> {
        let role = role()?;
        let config = config(&role)?;
        self_test(&config, contract, &role).await?;
        // `Clean` is DISCARD ALL without its DEALLOCATE, each time that a used connection is handed out.
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Clean };
        let pool = Pool::builder(Manager::from_config(config, NoTls, manager)).max_size(size).build()?;
        Ok(Self { pool, require_tenant })
    }

    /// A connection of the tenant of the task.
    pub async fn get(&self) -> Result<Object, Box<dyn Error>> {
        let tenant = TENANT.try_with(Clone::clone).unwrap_or_default();
        if tenant.is_empty() && self.require_tenant {
            return Err(NoTenant.into());
        }
        let client = self.pool.get().await?;
        // Empty, which sees no row, where there is no tenant and none is required.
        client.execute(SET_TENANT, &[&tenant]).await?;
        Ok(client)
    }
}

/// The rollout flag: `DATABASE_ROLE=app_rollout` goes back to the role that sees every tenant.
fn role() -> Result<String, Box<dyn Error>> {
    let role = env::var("DATABASE_ROLE").unwrap_or_else(|_| "app".to_owned());
    if role != "app" && role != "app_rollout" {
        return Err(format!("DATABASE_ROLE: expected app or app_rollout, found {role}").into());
    }
    Ok(role)
}

/// tokio-postgres reads no environment by itself.
fn config(role: &str) -> Result<Config, env::VarError> {
    let mut config = Config::new();
    config.host(env::var("PGHOST")?).dbname(env::var("PGDATABASE")?).user(role);
    Ok(config)
}

async fn self_test(config: &Config, contract: &Path, role: &str) -> Result<(), Box<dyn Error>> {
    let contract: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(contract)?)?;
    let entry = contract["roles"].as_array().into_iter().flatten().find(|entry| entry["name"] == role);
    let query = entry.and_then(|entry| entry["self_test"].as_str());
    let query = query.ok_or_else(|| format!("the contract has no self-test for role {role}"))?;
    let (client, connection) = config.connect(NoTls).await?;
    let served = tokio::spawn(connection);
    let found = client.query(query, &[]).await?;
    drop(client);
    served.await??;
    match found.first() {
        Some(row) => Err(format!("self-test: {} ({})", row.get::<_, &str>(0), row.get::<_, &str>(1)).into()),
        None => Ok(()),
    }
}
