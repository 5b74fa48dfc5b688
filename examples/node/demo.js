import { NoTenant, SelfTestFailed, TenantPool, withTenant } from './tenant.js';

const A = 'aaaaaaaa-0000-4000-8000-000000000001';
const B = 'bbbbbbbb-0000-4000-8000-000000000002';

// One connection, so that every request below gets the one of the request before.
const open = (requireTenant) => TenantPool.open(process.env.NOREN_CONTRACT, { requireTenant, max: 1 });

async function payees(pool, tenant, where = '', values = []) {
  try {
    const work = () => pool.query(`SELECT payee FROM expenses ${where} ORDER BY payee`, values);
    const { rows } = await withTenant(tenant, work);
    return rows.map((row) => row.payee).join(', ') || 'no rows';
  } catch (error) {
    if (error instanceof NoTenant) return 'refused';
    if (error.code) return error.code;
    throw error;
  }
}

const value = async (pool, tenant, query) =>
  Object.values((await withTenant(tenant, () => pool.query(query))).rows[0])[0];

async function main() {
  let pool = await open(true);
  console.log('role:', await value(pool, A, 'SELECT current_user'));
  console.log('A without WHERE:', await payees(pool, A));
  const server = await value(pool, A, 'SELECT pg_backend_pid()');
  await withTenant(A, () => pool.query('CREATE TEMPORARY TABLE left_by_a AS SELECT * FROM expenses'));
  console.log('B without WHERE:', await payees(pool, B));
  console.log('B with WHERE:', await payees(pool, B, 'WHERE tenant_id = $1', [B]));
  const left = "SELECT coalesce(to_regclass('pg_temp.left_by_a')::text, 'nothing')";
  console.log('left by A:', await value(pool, B, left));
  console.log('one connection:', server === (await value(pool, B, 'SELECT pg_backend_pid()')));
  console.log('no tenant, required:', await payees(pool, undefined));
  console.log('not a tenant:', await payees(pool, 'A'));
  console.log('A again:', await payees(pool, A));
  await pool.end();

  pool = await open(false);
  await payees(pool, A);
  console.log('no tenant:', await payees(pool, undefined));
  await pool.end();
}

main().catch((error) => {
  console.error(error instanceof SelfTestFailed ? error.message : error);
  process.exitCode = 1;
});
