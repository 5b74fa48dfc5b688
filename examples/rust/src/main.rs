//! Shows what a connection sees.

mod tenant;

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use tenant::{NoTenant, TENANT, TenantPool};
use tokio_postgres::types::ToSql;

const A: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const B: &str = "bbbbbbbb-0000-4000-8000-000000000002";

type Failure = Box<dyn Error>;

/// One connection, so that every request below gets the one of the request before.
async fn open(require_tenant: bool) -> Result<TenantPool, Failure> {
    TenantPool::open(&PathBuf::from(env::var("NOREN_CONTRACT")?), require_tenant, 1).await
}

async fn select(pool: &TenantPool, condition: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<String>, Failure> {
    let query = format!("SELECT payee FROM expenses {condition} ORDER BY payee");
    Ok(pool.get().await?.query(&query, values).await?.iter().map(|row| row.get(0)).collect())
}

/// What a request sees, or why not.
fn words(found: Result<Vec<String>, Failure>) -> Result<String, Failure> {
    match found {
        Ok(payees) if payees.is_empty() => Ok("no rows".to_owned()),
        Ok(payees) => Ok(payees.join(", ")),
        Err(error) if error.is::<NoTenant>() => Ok("refused".to_owned()),
        Err(error) => match error.downcast_ref::<tokio_postgres::Error>().and_then(|error| error.code()) {
            Some(code) => Ok(code.code().to_owned()),
            None => Err(error),
        },
    }
}

async fn payees(pool: &TenantPool, tenant: &str) -> Result<String, Failure> {
    words(TENANT.scope(tenant.to_owned(), select(pool, "", &[])).await)
}

async fn value(pool: &TenantPool, tenant: &str, query: &str) -> Result<String, Failure> {
    let work = async { Ok(pool.get().await?.query_one(query, &[]).await?.get(0)) };
    TENANT.scope(tenant.to_owned(), work).await
}

async fn show() -> Result<(), Failure> {
    let pool = open(true).await?;
    println!("role: {}", value(&pool, A, "SELECT current_user::text").await?);
    println!("A without WHERE: {}", payees(&pool, A).await?);
    let process = value(&pool, A, "SELECT pg_backend_pid()::text").await?;
    let leave = async {
        let leave = "CREATE TEMPORARY TABLE left_by_a AS SELECT * FROM expenses";
        Ok::<_, Failure>(pool.get().await?.batch_execute(leave).await?)
    };
    TENANT.scope(A.to_owned(), leave).await?;
    println!("B without WHERE: {}", payees(&pool, B).await?);
    let own = select(&pool, "WHERE tenant_id = $1::text::uuid", &[&B]);
    println!("B with WHERE: {}", words(TENANT.scope(B.to_owned(), own).await)?);
    let left = "SELECT coalesce(to_regclass('pg_temp.left_by_a')::text, 'nothing')";
    println!("left by A: {}", value(&pool, B, left).await?);
    println!("one connection: {}", process == value(&pool, B, "SELECT pg_backend_pid()::text").await?);
    println!("no tenant, required: {}", words(select(&pool, "", &[]).await)?);
    println!("not a tenant: {}", payees(&pool, "A").await?);
    println!("A again: {}", payees(&pool, A).await?);

    let pool = open(false).await?;
    payees(&pool, A).await?;
    println!("no tenant: {}", words(select(&pool, "", &[]).await)?);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match show().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
